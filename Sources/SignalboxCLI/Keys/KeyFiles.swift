import Wire

/// The two files of a key pair.
struct KeyFiles {
    let privatePath: String
    let publicPath: String

    /// The files of a key by its name in a folder.
    init(folder: String, name: String) {
        privatePath = "\(folder)/\(name).pem"
        publicPath = "\(folder)/\(name).pub.pem"
    }

    /// For people.
    var lines: [String] { ["key      \(privatePath) (keep it secret)", "public   \(publicPath)"] }

    /// For programs.
    var members: [String: JSON] { ["private_key": .string(privatePath), "public_key": .string(publicPath)] }

    /// Writes both, the public one last; a key that is there is never written over.
    func write(_ key: Ed25519PrivateKey) throws {
        for path in [privatePath, publicPath] where Paths.exists(path) {
            throw CommandError(.fileExists, "\(path) is there already: choose another id or folder")
        }
        try FileIO.write(Array(key.pem.utf8), to: privatePath, permissions: 0o600)
        try FileIO.write(Array(key.publicKey.pem.utf8), to: publicPath)
    }

    /// The key that is there, or a new one.
    func readOrMake(_ random: any RandomSource) throws -> Ed25519PrivateKey {
        guard Paths.exists(privatePath) else {
            let key = try Ed25519PrivateKey(random: random)
            try write(key)
            return key
        }
        let text = String(decoding: try FileIO.read(privatePath, bytesMax: Self.bytesMax), as: UTF8.self)
        let key = try Ed25519PrivateKey(pem: text)
        if !Paths.exists(publicPath) { try FileIO.write(Array(key.publicKey.pem.utf8), to: publicPath) }
        return key
    }

    private static let bytesMax = 16 << 10
}
