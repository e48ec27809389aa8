import Wire

/// Hands members on until the run is to stop. The reader's thread knows nothing of the task that waits for it, and what
/// is packed well keeps it busy long after the stream was cut.
struct StoppableVisitor<Visitor: ArchiveVisitor & Sendable>: ArchiveVisitor, Sendable {
    var visitor: Visitor
    let stop: StopSignal

    mutating func begin(_ member: ArchiveMember) throws { try visitor.begin(member) }

    mutating func data(_ bytes: UnsafeRawBufferPointer) throws {
        guard !stop.isRequested else { throw Interrupted() }
        try visitor.data(bytes)
    }

    mutating func end() throws { try visitor.end() }
}
