import Wire

extension EpisodeFolder {
    /// Judges the episodes of the folder as the intake will.
    ///
    /// - Throws: ``PackageError`` `folder_unreadable`, `metadata_malformed`.
    func walk<Visitor: EpisodeVisitor>(_ visitor: Visitor) throws(PackageError) -> EpisodeWalk<Visitor> {
        var walk = EpisodeWalk(visitor: visitor)
        for file in files {
            let path = "\(root)/\(file.path)"
            do {
                walk.begin(ArchiveMember(path: file.path, kind: .file, declaredSize: file.size))
                try FileIO.readChunks(of: path) { try walk.data($0) }
                try walk.end()
            } catch let error as JSONTypeError {
                throw PackageError(.metadataMalformed, "\(path): \(error)")
            } catch {
                throw PackageError(.folderUnreadable, "\(path): \(error)")
            }
        }
        _ = walk.finish()
        return walk
    }
}
