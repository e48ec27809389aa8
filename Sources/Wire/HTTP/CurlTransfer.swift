import CCurl

/// One exchange on its way through libcurl. Only the loop's thread touches it, other than through its two channels.
final class CurlTransfer: @unchecked Sendable {
    /// Where tasks wait for the answer.
    let response: ResponseChannel
    let request: HTTPRequest
    let configuration: HTTPClient.Configuration

    /// libcurl's handle from ``open(loop:)`` to ``finish(_:)``.
    private(set) var easy: UnsafeMutableRawPointer?
    var headerList: UnsafeMutablePointer<curl_slist>?
    /// libcurl's words for a failure; it writes them for as long as it holds the handle.
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

    private var head = ResponseHeadParser()
    private var isHeadDelivered = false
    private var receivedBytes: Int64 = 0
    /// Why a callback told libcurl to stop.
    private var refusal: HTTPClientError?

    var upload: UploadChannel?
    private var pump: Task<Void, Never>?
    private var isReceivingHeld = false
    private var isSendingHeld = false

    private var totalDeadline: ContinuousClock.Instant?
    private var lastMove = ContinuousClock.now
    private var movedBytes: Int64 = 0

    init(_ request: HTTPRequest, configuration: HTTPClient.Configuration) {
        self.request = request
        self.configuration = configuration
        response = ResponseChannel(bytesMax: configuration.bufferBytesMax)
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit { errorText.deallocate() }

    /// Makes the handle, and starts to pull the request's body.
    func open(loop: CurlLoop) throws(HTTPClientError) -> UnsafeMutableRawPointer {
        guard let easy = curl_easy_init() else { throw HTTPClientError(.failed, "libcurl has no memory left") }
        self.easy = easy
        lastMove = .now
        totalDeadline = request.timeout.map { lastMove + $0 }
        upload = UploadChannel(request.body, bytesMax: configuration.bufferBytesMax)
        signalbox_easy_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        try configure(easy)
        if case .stream(let stream, _) = request.body, let upload {
            pump = Task { await upload.pull(stream) { loop.submit(.resume(self)) } }
        }
        return easy
    }

    /// Ends it for everybody; `nil` for a good end. Twice is once.
    func finish(_ failure: HTTPClientError?) {
        if head.isComplete { deliverHead() }
        if failure == nil && !isHeadDelivered {
            response.end(HTTPClientError(.badResponse, "the host ended the exchange without an answer"))
        } else {
            response.end(failure)
        }
        if let easy { curl_easy_cleanup(easy) }
        easy = nil
        curl_slist_free_all(headerList)
        headerList = nil
        pump?.cancel()
        pump = nil
        upload?.close()
    }

    /// The error for libcurl's result; what a callback refused comes first.
    func failure(_ result: CURLcode) -> HTTPClientError {
        if let refusal { return refusal }
        return HTTPClientError(result, detail: String(cString: errorText))
    }

    /// Hands over the head once it is whole.
    func deliverHead() {
        guard head.isComplete, !isHeadDelivered else { return }
        isHeadDelivered = true
        response.deliver(HTTPResponseHead(status: head.status, headers: HTTPHeaders(head.fields)))
    }

    /// Lets held bodies go on where there is room again, or something to send.
    ///
    /// - Throws: why libcurl could not: the transfer is to be ended.
    func resume() throws(HTTPClientError) {
        guard let easy else { return }
        let receives = isReceivingHeld && response.hasRoom
        let sends = isSendingHeld && (upload?.isReady ?? true)
        guard receives || sends else { return }
        if receives { isReceivingHeld = false }
        if sends { isSendingHeld = false }
        lastMove = .now
        // libcurl may call back from within, which may hold again.
        let mask = (isReceivingHeld ? CURLPAUSE_RECV : 0) | (isSendingHeld ? CURLPAUSE_SEND : 0)
        let result = curl_easy_pause(easy, mask)
        guard result == CURLE_OK else { throw failure(result) }
    }

    /// When it is next to be asked whether it is overdue.
    var deadline: ContinuousClock.Instant? {
        let idle = isReceivingHeld || isSendingHeld ? nil : lastMove + request.idleTimeout
        guard let idle, let totalDeadline else { return idle ?? totalDeadline }
        return min(idle, totalDeadline)
    }

    /// The error of one that has had its time. A body that waits for its own reader or writer is not silent.
    func overdue(at now: ContinuousClock.Instant) -> HTTPClientError? {
        if let totalDeadline, now >= totalDeadline {
            return HTTPClientError(.timedOut, "no whole answer within \(request.timeout ?? .zero)")
        }
        guard !isReceivingHeld, !isSendingHeld, now >= lastMove + request.idleTimeout else { return nil }
        guard sentBytes == movedBytes else {
            movedBytes = sentBytes
            lastMove = now
            return nil
        }
        return HTTPClientError(.timedOut, "no byte moved for \(request.idleTimeout)")
    }

    /// What has left the machine, which no callback tells.
    private var sentBytes: Int64 {
        var count: curl_off_t = 0
        if let easy { signalbox_easy_get_offset(easy, CURLINFO_SIZE_UPLOAD_T, &count) }
        return Int64(count)
    }
}

extension CurlTransfer {
    /// A line of the head; false to stop.
    func receive(headerLine line: UnsafeRawBufferPointer) -> Bool {
        lastMove = .now
        do throws(HTTPClientError) {
            try head.add(line, bytesMax: configuration.headerBytesMax)
            return true
        } catch {
            refusal = error
            return false
        }
    }

    /// What a callback for body bytes answers.
    enum Taken {
        case all
        case held
        case refused
    }

    /// Bytes of the body.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Taken {
        lastMove = .now
        if let bytesMax = configuration.bodyBytesMax, receivedBytes + Int64(bytes.count) > bytesMax {
            refusal = HTTPClientError(.bodyTooLong, "the body is longer than \(bytesMax) bytes")
            return .refused
        }
        guard response.append(bytes) else {
            isReceivingHeld = true
            return .held
        }
        receivedBytes += Int64(bytes.count)
        return .all
    }

    /// Fills a buffer with what is to be sent.
    func send(into buffer: UnsafeMutableRawBufferPointer) -> UploadChannel.Piece {
        lastMove = .now
        guard let upload else { return .end }
        let piece = upload.read(into: buffer)
        switch piece {
        case .none: isSendingHeld = true
        case .failed(let error): refusal = error
        case .bytes, .end: break
        }
        return piece
    }

    /// Whether the body can start anew: only one of which nothing was sent, so that no request is sent twice unseen.
    var isUploadUntouched: Bool { upload?.isUntouched ?? true }
}
