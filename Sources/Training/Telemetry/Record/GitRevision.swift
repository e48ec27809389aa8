/// The commit of the checkout that a program lies in (gitrepository-layout(5)).
enum GitRevision {
    /// Bytes of a file of Git's that is read.
    static let fileBytesMax = 4 << 20
    /// Folders above the program that are looked at: `.build/x86_64-unknown-linux-gnu/release` and some more.
    private static let foldersMax = 8

    /// Whether it is a commit's name, SHA-1 or SHA-256.
    static func isSHA(_ text: String) -> Bool {
        (text.utf8.count == 40 || text.utf8.count == 64)
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// The commit that is checked out where the program was built; nil for one that was installed elsewhere.
    ///
    /// - Parameter read: a file's text, nil where there is none.
    static func find(above program: String, read: (String) -> String?) -> String? {
        var folder = program[...]
        for _ in 0..<foldersMax {
            guard let slash = folder.lastIndex(of: "/") else { return nil }
            folder = folder[..<slash]
            // A checkout of another project says nothing of this program.
            guard read("\(folder)/Package.swift")?.contains("name: \"signalbox\"") == true else { continue }
            return head(of: String(folder), read)
        }
        return nil
    }

    private static func head(of checkout: String, _ read: (String) -> String?) -> String? {
        var git = checkout + "/.git"
        // A worktree has a file there that names its folder.
        if let link = read(git)?.trimmed, link.hasPrefix("gitdir: ") {
            let path = String(link.dropFirst(8))
            git = path.hasPrefix("/") ? path : "\(checkout)/\(path)"
        }
        guard let head = read(git + "/HEAD")?.trimmed else { return nil }
        guard head.hasPrefix("ref: ") else { return isSHA(head) ? head : nil }
        let name = String(head.dropFirst(5))
        let common = read(git + "/commondir")?.trimmed
        let shared = common.map { $0.hasPrefix("/") ? $0 : "\(git)/\($0)" } ?? git
        for folder in [git, shared] {
            if let sha = read("\(folder)/\(name)")?.trimmed, isSHA(sha) { return sha }
        }
        for line in (read(shared + "/packed-refs") ?? "").split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[1] == name[...], isSHA(String(words[0])) { return String(words[0]) }
        }
        return nil
    }
}
