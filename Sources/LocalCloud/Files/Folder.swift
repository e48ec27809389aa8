import Glibc

/// A directory whose entries are files that we named.
struct Folder: Sendable {
    let path: String

    /// The directory, made with its parents where it is not there.
    init(making path: String) throws(FileError) {
        self.path = path
        var partial = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            partial += "/" + part
            guard mkdir(partial, 0o700) == 0 || errno == EEXIST else { throw .last("mkdir", partial) }
        }
    }

    /// The path of an entry.
    func path(of name: String) -> String { path + "/" + name }

    /// Returns when the names in the directory are on the disk.
    func sync() throws(FileError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .last("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .last("fsync", path) }
    }

    /// Gives a file a second name in this directory.
    func link(_ existing: String, as name: String) throws(FileError) {
        guard Glibc.link(existing, path(of: name)) == 0 else { throw .last("link", path(of: name)) }
    }

    /// Takes a name away; no error where it was not there.
    func remove(_ name: String) { unlink(path(of: name)) }

    /// The names of all entries.
    func names() throws(FileError) -> [String] {
        guard let directory = opendir(path) else { throw .last("opendir", path) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { raw in
                String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
