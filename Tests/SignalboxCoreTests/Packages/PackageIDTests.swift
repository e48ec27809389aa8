import SignalboxCore
import Testing
import Wire

@Suite("Package ids")
struct PackageIDTests {
    private static let files = [
        Member("ep_00000/metadata.json", #"{"episode_id":"ep_00000"}"# + "\n"),
        Member("ep_00000/steps/000000.jsonl", #"{"action":[0.5]}"# + "\n" + #"{"action":[0.25]}"# + "\n"),
        Member("ep_00001/metadata.json", #"{"episode_id":"ep_00001"}"# + "\n"),
    ]

    /// Worked out with Python's hashlib from the rule in the documentation.
    @Test("follow from environment, robot and blobs")
    func golden() {
        #expect(id() == "pkg-a8dbac9d3593649aa80b7ffddabca61b")
        #expect(id(environment: "lab-4") == "pkg-e515df323b255e4dfe608b162f760886")
    }

    @Test("do not depend on the order of the blobs")
    func order() {
        #expect(id(blobs: Self.files.map(\.blob).reversed()) == id())
    }

    @Test("change with every part")
    func parts() {
        var seen: Set<String> = [id()]
        var blobs = Self.files.map(\.blob)
        blobs[0].path += "x"
        seen.insert(id(blobs: blobs))
        blobs = Self.files.map(\.blob)
        blobs[0].size += 1
        seen.insert(id(blobs: blobs))
        blobs = Self.files.map(\.blob)
        blobs[0].digest = SHA256.digest(of: "other")
        seen.insert(id(blobs: blobs))
        seen.insert(id(blobs: Array(Self.files.map(\.blob).dropLast())))
        seen.insert(id(environment: "lab-4"))
        seen.insert(id(robot: "arm-8"))
        #expect(seen.count == 7)
    }

    @Test(
        "have a form",
        arguments: [
            ("pkg-a8dbac9d3593649aa80b7ffddabca61b", true),
            ("pkg-A8DBAC9D3593649AA80B7FFDDABCA61B", false),
            ("pkg-a8dbac9d3593649aa80b7ffddabca61", false),
            ("pkg-a8dbac9d3593649aa80b7ffddabca61b0", false),
            ("job-a8dbac9d3593649aa80b7ffddabca61b", false),
            ("pkg-../../../../../../../etc/passwd0", false),
            ("", false),
        ]
    )
    func form(text: String, isWellFormed: Bool) {
        #expect(PackageID.isWellFormed(text) == isWellFormed)
    }

    @Test(
        "are built from slugs",
        arguments: [
            ("arm-7", true), ("7", true), ("a.b_c-d", true), (String(repeating: "a", count: 63), true), ("", false),
            (String(repeating: "a", count: 64), false), ("-arm", false), (".", false), ("..", false), ("Arm", false),
            ("arm 7", false), ("arm/7", false), ("ärm", false), ("arm\n7", false),
        ]
    )
    func slugs(text: String, isWellFormed: Bool) {
        #expect(Slug.isWellFormed(text) == isWellFormed)
    }

    private func id(
        environment: String = Sample.environmentID,
        robot: String = Sample.robotID,
        blobs: [Manifest.Blob] = PackageIDTests.files.map(\.blob)
    ) -> String {
        PackageID.derive(environmentID: environment, robotID: robot, episodes: blobs)
    }
}
