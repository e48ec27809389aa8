import Testing
import Wire

@testable import LocalCloud

/// Payloads as Google's Firestore emulator sends them, with the fields' entries put in the order of their names: the
/// emulator writes them in the order of a hash table.
@Suite struct DocumentEventDataTests {
    private static let created = """
        CpECCjFwcm9qZWN0cy9wMS9kYXRhYmFzZXMvKGRlZmF1bHQpL2RvY3VtZW50cy9ydW5zL3IxEgcKAWESAhABEg0KA2FychIGSgQK\
        AggBEgsKAWISBpIBAwABAhIZCgFnEhRCEgkAAAAAAADwPxEAAAAAAAAAQBIXCgFtEhIyEAoOCgF4EgkZAAAAAAAA+D8SBwoBbhIC\
        WAASOgoDcmVmEjMqMXByb2plY3RzL3AxL2RhdGFiYXNlcy8oZGVmYXVsdCkvZG9jdW1lbnRzL3J1bnMvcjASDgoBcxIJigEGcXVl\
        dWVkEhIKAXQSDVILCKXr3MoGEICU7zoaDAiV64PYBhCYosGzAiIMCJXrg9gGEJiiwbMCGgA=
        """

    private static let deleted = """
        Eo4CCjFwcm9qZWN0cy9wMS9kYXRhYmFzZXMvKGRlZmF1bHQpL2RvY3VtZW50cy9ydW5zL3IxEgcKAWESAhABEg0KA2FychIGSgQK\
        AggBEgsKAWISBpIBAwABAhIZCgFnEhRCEgkAAAAAAADwPxEAAAAAAAAAQBIXCgFtEhIyEAoOCgF4EgkZAAAAAAAA+D8SBwoBbhIC\
        WAASOgoDcmVmEjMqMXByb2plY3RzL3AxL2RhdGFiYXNlcy8oZGVmYXVsdCkvZG9jdW1lbnRzL3J1bnMvcjASDAoBcxIHigEEZG9u\
        ZRISCgF0Eg1SCwil69zKBhCAlO86GgwIleuD2AYQmKLBswIiCwiX64PYBhCgjLRSGgA=
        """

    private static let name = "projects/p1/databases/(default)/documents/runs/r1"

    private func document(status: String, updateTime: String) throws -> Document {
        Document(
            name: Self.name,
            fields: [
                "a": .integer(1), "arr": .array([.boolean(true)]), "b": .bytes([0, 1, 2]),
                "g": .geoPoint(latitude: 1, longitude: 2), "m": .map(["x": .double(1.5)]), "n": .null,
                "ref": .reference("projects/p1/databases/(default)/documents/runs/r0"), "s": .string(status),
                "t": .timestamp(try #require(Timestamp(rfc3339: "2026-01-02T03:04:05.123456Z"))),
            ],
            createTime: try #require(Timestamp(rfc3339: "2026-11-21T01:36:21.644895Z")),
            updateTime: try #require(Timestamp(rfc3339: updateTime))
        )
    }

    @Test func writesWhatTheEmulatorWrites() throws {
        let old = try document(status: "queued", updateTime: "2026-11-21T01:36:21.644895Z")
        let new = try document(status: "done", updateTime: "2026-11-21T01:36:23.172820Z")
        let creation = DocumentEventData(before: nil, after: old).protobuf
        #expect(Base64.encode(creation) == Self.created)
        let deletion = DocumentEventData(before: new, after: nil).protobuf
        #expect(Base64.encode(deletion) == Self.deleted)
        // Both documents, the new one first, and the mask of an update, which the emulator leaves empty: field s.
        let update = DocumentEventData(before: old, after: new).protobuf
        let mask: [UInt8] = [0x1A, 0x03, 0x0A, 0x01, 0x73]
        #expect(
            update == [0x0A] + deletion[1..<(deletion.count - 2)] + [0x12] + creation[1..<(creation.count - 2)] + mask
        )
    }
}
