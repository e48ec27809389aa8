import CCurl
import Glibc
import Synchronization

/// The thread that runs all transfers of a client, around `curl_multi_poll`.
final class CurlLoop: Sendable {
    /// What tasks ask of the thread.
    enum Command {
        /// Begin.
        case start(CurlTransfer)
        /// Look again at a body that was held.
        case resume(CurlTransfer)
        /// End and forget.
        case stop(CurlTransfer)
    }

    private struct Inbox: ~Copyable {
        var commands: [Command] = []
        /// The multi handle while the thread runs: to wake it.
        nonisolated(unsafe) var multi: UnsafeMutableRawPointer?
        var isStopped = false
    }

    /// The longest sleep where no timer runs.
    private static let pollMilliseconds: Int32 = 60_000
    /// Once for the process; libcurl must be started before its first handle.
    private static let start = curl_global_init(Int(CURL_GLOBAL_SSL))

    private let inbox = Mutex(Inbox())

    /// Hands over a command; the first starts the thread.
    func submit(_ command: Command) {
        let isAccepted = inbox.withLock { inbox in
            guard !inbox.isStopped else { return false }
            if inbox.multi == nil { inbox.multi = launch() }
            guard let multi = inbox.multi else { return false }
            inbox.commands.append(command)
            curl_multi_wakeup(multi)
            return true
        }
        if !isAccepted, case .start(let transfer) = command {
            transfer.response.end(HTTPClientError(.cancelled, "the client is shut down, or found no thread to run on"))
        }
    }

    /// Ends a transfer for its tasks at once, and for the network soon after.
    func cancel(_ transfer: CurlTransfer) {
        guard transfer.response.end(HTTPClientError(.cancelled, "the exchange was given up")) else { return }
        submit(.stop(transfer))
    }

    /// Ends the thread, and with it all transfers.
    func stop() {
        inbox.withLock { inbox in
            inbox.isStopped = true
            if let multi = inbox.multi { curl_multi_wakeup(multi) }
        }
    }

    private func launch() -> UnsafeMutableRawPointer? {
        guard Self.start == CURLE_OK, let multi = curl_multi_init() else { return nil }
        signalbox_multi_set_long(multi, CURLMOPT_PIPELINING, 0)
        var thread = pthread_t()
        let context = Unmanaged.passRetained(CurlThread(loop: self, multi: multi))
        let result = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                Unmanaged<CurlThread>.fromOpaque(context).takeRetainedValue().run()
                return nil
            },
            context.toOpaque()
        )
        guard result == 0 else {
            context.release()
            curl_multi_cleanup(multi)
            return nil
        }
        pthread_detach(thread)
        return multi
    }

    /// What has come in; nil once stopped, from when on nobody wakes the handle.
    fileprivate func take() -> [Command]? {
        inbox.withLock { inbox in
            guard !inbox.isStopped else {
                inbox.multi = nil
                return nil
            }
            defer { inbox.commands.removeAll(keepingCapacity: true) }
            return inbox.commands
        }
    }

    /// What came in and was not taken before the stop.
    fileprivate func takeRest() -> [Command] {
        inbox.withLock { inbox in
            defer { inbox.commands = [] }
            return inbox.commands
        }
    }

    fileprivate static var longestPoll: Int32 { pollMilliseconds }
}

/// What the thread alone touches.
private final class CurlThread {
    private let loop: CurlLoop
    private let multi: UnsafeMutableRawPointer
    private var transfers: [UnsafeMutableRawPointer: CurlTransfer] = [:]

    init(loop: CurlLoop, multi: UnsafeMutableRawPointer) {
        self.loop = loop
        self.multi = multi
    }

    func run() {
        // Signals are for the program's own threads; a broken pipe is an error of the write. The threads that resolve
        // names inherit this.
        var signals = sigset_t()
        sigfillset(&signals)
        pthread_sigmask(SIG_SETMASK, &signals, nil)
        while let commands = loop.take() {
            for command in commands { execute(command) }
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            finishTransfers()
            let wait = serveTransfers()
            curl_multi_poll(multi, nil, 0, wait, nil)
        }
        let closed = HTTPClientError(.cancelled, "the client was shut down")
        for transfer in Array(transfers.values) { end(transfer, closed) }
        for case .start(let transfer) in loop.takeRest() { transfer.finish(closed) }
        curl_multi_cleanup(multi)
    }

    private func execute(_ command: CurlLoop.Command) {
        switch command {
        case .start(let transfer):
            guard !transfer.response.isEnded else { return transfer.finish(nil) }
            do throws(HTTPClientError) {
                let easy = try transfer.open(loop: loop)
                transfers[easy] = transfer
                let result = curl_multi_add_handle(multi, easy)
                if result != CURLM_OK { end(transfer, HTTPClientError(.failed, "libcurl took no more transfers")) }
            } catch {
                transfer.finish(error)
            }
        case .resume(let transfer):
            do throws(HTTPClientError) { try transfer.resume() } catch { end(transfer, error) }
        case .stop(let transfer): end(transfer, nil)
        }
    }

    /// Takes what libcurl is done with.
    private func finishTransfers() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let transfer = transfers[easy]
            else { continue }
            let result = message.pointee.data.result
            end(transfer, result == CURLE_OK ? nil : transfer.failure(result))
        }
    }

    /// Hands over heads, ends what is overdue, and says for how many milliseconds there is nothing to do.
    private func serveTransfers() -> Int32 {
        let now = ContinuousClock.now
        var next: ContinuousClock.Instant?
        for transfer in Array(transfers.values) {
            transfer.deliverHead()
            if let late = transfer.overdue(at: now) {
                end(transfer, late)
            } else if let deadline = transfer.deadline {
                next = next.map { min($0, deadline) } ?? deadline
            }
        }
        guard let next else { return CurlLoop.longestPoll }
        let (seconds, attoseconds) = (next - now).components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1
        return Int32(min(max(milliseconds, 0), Int64(CurlLoop.longestPoll)))
    }

    private func end(_ transfer: CurlTransfer, _ failure: HTTPClientError?) {
        if let easy = transfer.easy {
            curl_multi_remove_handle(multi, easy)
            transfers[easy] = nil
        }
        transfer.finish(failure)
    }
}
