import Glibc

/// The session that a process leads: it goes on when its leader is killed.
extension ProcessIdentity {
    /// Whether anything of the session runs: the leader, or what it left behind.
    public var isSessionAlive: Bool { isAlive || !sessionMembers.isEmpty }

    /// Sends the leader's process group a signal.
    ///
    /// - Returns: false where nothing of the session is left, or this user may not. A session whose members are all in
    ///   groups of their own has nobody to tell, which is no refusal.
    public func signalGroup(_ number: Int32) -> Bool {
        isSessionAlive && (kill(-pid, number) == 0 || errno == ESRCH)
    }

    /// Kills all of the session, whatever group it is in; what starts meanwhile may escape: look again.
    public func killSession() {
        let members = sessionMembers
        guard !members.isEmpty else { return }
        // At once for the group, so that nothing in it can start another process meanwhile.
        kill(-pid, SIGKILL)
        for member in members where ProcessEntry(pid: member)?.session == pid { kill(member, SIGKILL) }
    }

    /// The living processes of the session.
    ///
    /// The system uses an id for no other process as long as a session has it: a stranger of that id tells that nothing
    /// of the session is left.
    private var sessionMembers: [Int32] {
        guard isOfThisBoot else { return [] }
        if let leader = ProcessEntry(pid: pid), leader.startTicks != startTicks { return [] }
        return ProcessEntry.pids().filter { member in
            guard let entry = ProcessEntry(pid: member) else { return false }
            return entry.session == pid && !entry.isZombie
        }
    }
}
