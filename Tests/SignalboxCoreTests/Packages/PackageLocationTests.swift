import SignalboxCore
import Testing

@Suite("Places in staging")
struct PackageLocationTests {
    static let id = "pkg-a8dbac9d3593649aa80b7ffddabca61b"

    @Test("belong to a robot and a package", arguments: ["archive.zip", "archive.tar.zst", "manifest.dsse.json"])
    func parts(name: String) throws {
        let object = ObjectName(bucket: "staging", name: "arm-7/\(Self.id)/\(name)")
        let place = try #require(PackageLocation(of: object))
        #expect(place == PackageLocation(bucket: "staging", robotID: "arm-7", packageID: Self.id))
        #expect(place.object(name) == object)
    }

    @Test(
        "are no other objects'",
        arguments: [
            "archive.zip", "arm-7/archive.zip", "arm-7/\(id)/receipt.dsse.json", "arm-7/\(id)/archive.tar",
            "arm-7/\(id)/sub/archive.zip", "/\(id)/archive.zip", "../\(id)/archive.zip", "arm-7/pkg-1/archive.zip",
            "arm-7//\(id)/archive.zip", "arm-7/\(id)/",
        ]
    )
    func others(name: String) {
        #expect(PackageLocation(of: ObjectName(bucket: "staging", name: name)) == nil)
    }
}
