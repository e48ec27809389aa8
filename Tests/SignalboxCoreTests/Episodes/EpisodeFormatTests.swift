import Foundation
import SignalboxCore
import Testing
import Wire

@Suite("Formats of episodes")
struct EpisodeFormatTests {
    /// The same two episodes in one format.
    struct Format: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let files: [Member]
    }

    private static let root = #filePath.components(separatedBy: "/Tests/")[0]
    static let names = ["ep_00000", "ep_00001"]
    static let steps = 3

    private static func lines(_ count: Int = steps) -> String { (0..<count).map { line($0) }.joined() }

    private static func line(_ index: Int) -> String { Sample.step(index).serialized() + "\n" }

    private static func document(_ name: String, pretty: Bool, stepsFirst: Bool = false) -> Member {
        let metadata = Sample.metadata(name).serialized(pretty: pretty)
        let elements = (0..<steps).map { Sample.step($0).serialized(pretty: pretty) }.joined(separator: " , ")
        let members = [#""metadata": \#(metadata)"#, #""steps" : [\#(elements)]"#]
        let text = (stepsFirst ? members.reversed() : members).joined(separator: pretty ? ",\n " : ",")
        return Member("data/\(name).anything", pretty ? "{\n\(text)\n}\n" : "{\(text)}")
    }

    private static func described(_ name: String) -> Member {
        Member("\(name)/metadata.json", Sample.metadata(name).serialized())
    }

    private static let flat = names.flatMap { ExampleBytes.flat($0, steps: steps).record }
    private static let singles = names.flatMap { name in
        (0..<steps).flatMap { ExampleBytes.step($0, of: name).record }
    }
    /// Descriptions without ids, for files of several episodes beside them.
    private static let shared: Member = {
        var metadata = Sample.metadata("")
        metadata[pointer: "/episode_id"] = nil
        return Member("data/metadata.json", metadata.serialized())
    }()

    private static let text = names.map { name in
        #"{"metadata": \#(Sample.metadata(name).serialized())}"# + "\n" + lines()
    }.joined()

    static let all: [Format] = [
        Format(
            testDescription: "RLDS folder",
            files: names.flatMap { [described($0), Member("\($0)/steps/000000.jsonl", lines())] }
        ),
        Format(
            testDescription: "RLDS folder, several files out of order, no extensions, blobs",
            files: names.flatMap { name in
                [
                    Member("\(name)/steps/b", line(2)), Member("\(name)/blobs/a", "{"), described(name),
                    Member("\(name)/steps/a", lines(2)),
                ]
            }
        ),
        Format(
            testDescription: "RLDS folder with records and with gzip",
            files: [
                described(names[0]),
                Member("\(names[0])/steps/0.jsonl", (0..<steps).flatMap { ExampleBytes.step($0, of: names[0]).record }),
                described(names[1]),
                Member("\(names[1])/steps/0.jsonl", StoredGzip.pack(Array(lines().utf8))),
            ]
        ),
        Format(testDescription: "one file, compact", files: names.map { document($0, pretty: false) }),
        Format(testDescription: "one file, pretty", files: names.map { document($0, pretty: true) }),
        Format(
            testDescription: "one file, steps before metadata",
            files: names.map { document($0, pretty: true, stepsFirst: true) }
        ),
        Format(testDescription: "JSONL with descriptions", files: [Member("a.json", text)]),
        Format(
            testDescription: "JSONL with ids",
            files: [
                shared,
                Member(
                    "data/a",
                    names.flatMap { name in
                        (0..<steps).map { index in
                            var step = Sample.step(index)
                            step[pointer: "/episode_id"] = .string(name)
                            return step.serialized() + "\r\n\n"
                        }
                    }.joined()
                ),
            ]
        ),
        Format(testDescription: "TFDS", files: [Member("a.jsonl", flat)]),
        Format(testDescription: "TFDS, gzip", files: [Member("a.tfrecord", StoredGzip.pack(flat))]),
        Format(
            testDescription: "TFDS, gzip in two members",
            files: [Member("a.gz", StoredGzip.pack(Array(flat[..<99])) + StoredGzip.pack(Array(flat[99...])))]
        ),
        Format(testDescription: "an Example a step", files: [shared, Member("data/a.bin", singles)]),
        Format(
            testDescription: "an Example a step, gzip",
            files: [Member("data/a", StoredGzip.pack(singles)), shared]
        ),
    ]

    @Test("give the same steps, however they are cut", arguments: all, [1, 13, 1 << 20])
    func same(format: Format, chunkBytes: Int) throws {
        let (report, episodes) = try EpisodeSteps.read(format.files, chunkBytes: chunkBytes)
        #expect(report.findings == [])
        let wanted = (0..<Self.steps).map { [Float($0), Float($0) / 2] }
        #expect(episodes == Dictionary(uniqueKeysWithValues: Self.names.map { ($0, wanted) }))
    }

    @Test("pass the intake", arguments: all)
    func intake(format: Format) async throws {
        let upload = try Upload(format.files)
        let world = IntakeWorld()
        try await world.put(upload)
        let outcome = try await world.intake.judge(upload.archiveObject)
        #expect(outcome.code == "package_accepted", "\(outcome)")
        #expect(try await world.receipt(of: upload).episodes == EpisodeReport())
    }

    @Test("are told apart by content", arguments: [1, 1 << 20])
    func unrecognised(chunkBytes: Int) throws {
        let strays = [
            Member("a/readme.tfrecord", "hello"), Member("a/empty.json", ""), Member("a/features.json", "{\"a\": {}}"),
            Member("a/pretty.json", "{\n \"a\": 1\n}\n"), Member("a/log.jsonl", "{\"level\":1}\n{\"level\":2}\nno\n"),
            Member("a/movie.gz", StoredGzip.pack([1, 2, 3])), Member("a/nothing.gz", StoredGzip.pack([])),
        ]
        let (report, episodes) = try EpisodeSteps.read(Sample.files + strays, chunkBytes: chunkBytes)
        #expect(report.errorCount == 0)
        #expect(report.findings.map(\.code) == strays.map { _ in .fileUnrecognised })
        #expect(report.findings.map(\.path) == strays.map(\.path))
        #expect(episodes.count == 2)
    }

    @Test(
        "are told by the same bytes, however many come at once",
        arguments: [
            [0xFA, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 0x0A] + [UInt8](repeating: 0xE2, count: 80) + [0x01, 0x0A],
            [UInt8](repeating: 0x20, count: 80) + Array("{\"steps\": []}".utf8),
        ]
    )
    func prefix(bytes: [UInt8]) throws {
        for path in ["a/steps/0", "a/b"] {
            let (whole, _) = try EpisodeSteps.read([Member(path, bytes)], chunkBytes: 1 << 20)
            let (cut, _) = try EpisodeSteps.read([Member(path, bytes)], chunkBytes: 1)
            #expect(whole == cut)
            #expect(whole.findings.contains { $0.path == path })
        }
    }

    @Test("of the repository's own episodes have no findings")
    func fixtures() throws {
        let folder = "\(Self.root)/Tests/Fixtures/episodes"
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.contains(".json") }
        let files = try paths.map { Member($0, try FileIO.read("\(folder)/\($0)", bytesMax: 1 << 20)) }
        let (report, episodes) = try EpisodeSteps.read(files)
        #expect(report == EpisodeReport())
        #expect(episodes.count == 24)
    }

    @Test(
        "written by TensorFlow Datasets are read, plain and packed",
        arguments: ["reach.tfrecord", "reach.tfrecord.gz"]
    )
    func real(name: String) throws {
        let bytes = try FileIO.read("\(Self.root)/Tests/Fixtures/records/\(name)", bytesMax: 1 << 20)
        let (report, episodes) = try EpisodeSteps.read([Member("data/x", bytes), Self.shared], chunkBytes: 999)
        #expect(report == EpisodeReport())
        #expect(episodes.keys.sorted() == ["ep_00000", "ep_00001", "ep_00002"])
        #expect(episodes["ep_00000"]?.count == 74)
        #expect(episodes["ep_00000"]?.allSatisfy { $0.count == 43 } == true)
    }
}
