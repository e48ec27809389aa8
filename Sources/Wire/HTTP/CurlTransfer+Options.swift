import CCurl

extension CurlTransfer {
    /// Bytes that libcurl reads from a socket at a time.
    private static let receiveBytes = 128 << 10
    /// Bytes that libcurl takes from a body at a time.
    private static let sendBytes = 256 << 10

    /// Tells libcurl what to do.
    func configure(_ easy: UnsafeMutableRawPointer) throws(HTTPClientError) {
        var results: [CURLcode] = []
        func set(_ option: CURLoption, _ value: Int) { results.append(signalbox_easy_set_long(easy, option, value)) }
        func set(_ option: CURLoption, _ value: String?) {
            if let value { results.append(signalbox_easy_set_string(easy, option, value)) }
        }
        set(CURLOPT_URL, request.url)
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        // An object may be named "..".
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS)
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_CAINFO, configuration.caFile)
        set(CURLOPT_CAPATH, configuration.caDirectory)
        set(CURLOPT_NOPROXY, configuration.directHosts)
        set(CURLOPT_USERAGENT, configuration.userAgent)
        set(CURLOPT_BUFFERSIZE, Self.receiveBytes)
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(configuration.connectTimeout / .milliseconds(1)))
        setMethod(set: set, set: set)
        if let upload {
            set(CURLOPT_UPLOAD_BUFFERSIZE, Self.sendBytes)
            results.append(signalbox_easy_set_offset(easy, CURLOPT_INFILESIZE_LARGE, curl_off_t(upload.length ?? -1)))
        }
        for field in request.headers {
            // libcurl's form for a field without a value.
            try addHeader(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        try addHeader("Expect:")
        results.append(signalbox_easy_set_list(easy, CURLOPT_HTTPHEADER, headerList))
        results += setCallbacks(easy)
        if let bad = results.first(where: { $0 != CURLE_OK }) { throw HTTPClientError(bad, detail: "") }
    }

    private func setMethod(set: (CURLoption, Int) -> Void, set setText: (CURLoption, String?) -> Void) {
        switch (request.method, upload) {
        case ("HEAD", _): set(CURLOPT_NOBODY, 1)
        case (_, .some):
            set(CURLOPT_UPLOAD, 1)
            setText(CURLOPT_CUSTOMREQUEST, request.method)
        case ("GET", nil): set(CURLOPT_HTTPGET, 1)
        case (_, nil): setText(CURLOPT_CUSTOMREQUEST, request.method)
        }
    }

    private func addHeader(_ line: String) throws(HTTPClientError) {
        guard let list = curl_slist_append(headerList, line) else {
            throw HTTPClientError(.failed, "libcurl has no memory left")
        }
        headerList = list
    }

    private func setCallbacks(_ easy: UnsafeMutableRawPointer) -> [CURLcode] {
        // The loop holds the transfer for as long as libcurl holds the handle.
        let context = Unmanaged.passUnretained(self).toOpaque()
        return [
            signalbox_easy_set_pointer(easy, CURLOPT_HEADERDATA, context),
            signalbox_easy_set_data_callback(easy, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                guard let transfer = CurlTransfer.of(context) else { return 0 }
                let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
                return transfer.receive(headerLine: line) ? line.count : 0
            },
            signalbox_easy_set_pointer(easy, CURLOPT_WRITEDATA, context),
            signalbox_easy_set_data_callback(easy, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                guard let transfer = CurlTransfer.of(context) else { return 0 }
                switch transfer.receive(UnsafeRawBufferPointer(start: bytes, count: size * count)) {
                case .all: return size * count
                case .held: return Int(CURL_WRITEFUNC_PAUSE)
                // Any other count than what was offered is an error to libcurl.
                case .refused: return size * count - 1
                }
            },
            signalbox_easy_set_pointer(easy, CURLOPT_READDATA, context),
            signalbox_easy_set_data_callback(easy, CURLOPT_READFUNCTION) { buffer, size, count, context in
                guard let transfer = CurlTransfer.of(context) else { return Int(CURL_READFUNC_ABORT) }
                let room = UnsafeMutableRawBufferPointer(start: buffer, count: size * count)
                switch transfer.send(into: room) {
                case .bytes(let count): return count
                case .end: return 0
                case .none: return Int(CURL_READFUNC_PAUSE)
                case .failed: return Int(CURL_READFUNC_ABORT)
                }
            },
            signalbox_easy_set_pointer(easy, CURLOPT_SEEKDATA, context),
            signalbox_easy_set_seek_callback(easy, CURLOPT_SEEKFUNCTION) { context, offset, _ in
                guard let transfer = CurlTransfer.of(context), offset == 0, transfer.isUploadUntouched else {
                    return CURL_SEEKFUNC_FAIL
                }
                return CURL_SEEKFUNC_OK
            },
        ]
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
        context.map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
    }
}
