import NIOCore
import Synchronization

/// The connections that are open, with a bound, and the wait for the last of them.
final class Connections: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isDraining = false
        var isOver = false
        var waiting: CheckedContinuation<Void, Never>?
    }

    private let connectionsMax: Int
    private let state = Mutex(State())

    init(connectionsMax: Int) { self.connectionsMax = connectionsMax }

    /// Whether no more requests are taken.
    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Whether the connections have been cut: there is nobody left to answer.
    var isOver: Bool { state.withLock { $0.isOver } }

    /// Takes a connection in; false where there is no place for it.
    func add(_ channel: any Channel) -> Bool {
        let isAdded = state.withLock { state in
            guard state.channels.count < connectionsMax, !state.isDraining else { return false }
            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
        guard isAdded else { return false }
        channel.closeFuture.whenComplete { _ in self.remove(channel) }
        return true
    }

    /// Closes what is idle, lets what runs finish, and waits for the last.
    func drain() async {
        let open = state.withLock { state in
            state.isDraining = true
            return Array(state.channels.values)
        }
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if !state.channels.isEmpty { state.waiting = continuation }
                return state.channels.isEmpty
            }
            if isEmpty { continuation.resume() }
        }
    }

    /// Closes whatever is still open.
    func closeAll() {
        let open = state.withLock { state in
            state.isOver = true
            return Array(state.channels.values)
        }
        for channel in open { channel.close(promise: nil) }
    }

    private func remove(_ channel: any Channel) {
        let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.channels[ObjectIdentifier(channel)] = nil
            guard state.channels.isEmpty else { return nil }
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }
}
