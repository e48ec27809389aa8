import Foundation
import Testing
import Training

@Suite struct SafetensorsTests {
    private func tensors() throws -> [Tensor] {
        [
            try #require(
                Tensor(name: "b.weight", shape: [2, 1], element: .float32, bytes: [0, 0, 128, 63, 0, 0, 0, 192])
            ),
            try #require(Tensor(name: "a.step", shape: [], element: .int32, bytes: [7, 0, 0, 0])),
            try #require(Tensor(name: "a.seed", shape: [1], element: .uint32, bytes: [255, 255, 255, 255])),
        ]
    }

    @Test func readsWhatItWrote() throws {
        let file = try Safetensors(tensors(), metadata: ["step": "7"])
        #expect(try Safetensors(decoding: file.encoded()) == file)
        #expect(file["b.weight"]?.floats == [1, -2])
        #expect(file["a.step"]?.floats == nil)
        #expect(try Safetensors(decoding: Safetensors([]).encoded()).tensors.isEmpty)
    }

    @Test func refusesNamesThatAreTaken() throws {
        let tensor = try tensors()[0]
        for other in [tensor, tensor.renamed("__metadata__")] {
            let error = #expect(throws: TrainingError.self) { try Safetensors([tensor, other]) }
            #expect(error?.code == .safetensorsInvalid)
        }
    }

    /// A file of a header and that many bytes of numbers.
    private static func file(_ header: String, data: Int = 0) -> [UInt8] {
        let text = Array(header.utf8)
        return (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text
            + Array(repeating: 0, count: data)
    }

    private static func entry(_ offsets: String, shape: String = "[1]", dtype: String = "F32") -> String {
        #"{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}"#
    }

    static let bad: [(name: String, bytes: [UInt8])] = [
        ("empty", []),
        ("cut in the length", [1, 0, 0]),
        ("header beyond the end", [255, 0, 0, 0, 0, 0, 0, 0, 123]),
        ("header of 2^63 bytes", [0, 0, 0, 0, 0, 0, 0, 128, 123, 125]),
        ("no JSON", file("nonsense")),
        ("no object", file("[]")),
        ("a name twice", file(#"{"a":\#(entry("[0,4]")),"a":\#(entry("[0,4]"))}"#, data: 4)),
        ("unknown type", file(#"{"a":\#(entry("[0,4]", dtype: "F8"))}"#, data: 4)),
        ("no offsets", file(#"{"a":{"dtype":"F32","shape":[1]}}"#, data: 4)),
        ("three offsets", file(#"{"a":\#(entry("[0,4,8]"))}"#, data: 8)),
        ("negative offset", file(#"{"a":\#(entry("[-4,0]"))}"#, data: 4)),
        ("end before start", file(#"{"a":\#(entry("[4,0]"))}"#, data: 4)),
        ("beyond the end", file(#"{"a":\#(entry("[0,8]", shape: "[2]"))}"#, data: 4)),
        ("a gap", file(#"{"a":\#(entry("[0,4]")),"b":\#(entry("[8,12]"))}"#, data: 12)),
        (
            "an overlap",
            file(#"{"a":\#(entry("[0,8]", shape: "[2]")),"b":\#(entry("[4,12]", shape: "[2]"))}"#, data: 12)
        ),
        ("bytes behind", file(#"{"a":\#(entry("[0,4]"))}"#, data: 8)),
        ("shape of another size", file(#"{"a":\#(entry("[0,4]", shape: "[2]"))}"#, data: 4)),
        ("negative shape", file(#"{"a":\#(entry("[0,4]", shape: "[-1]"))}"#, data: 4)),
        ("shape that overflows", file(#"{"a":\#(entry("[0,0]", shape: "[4294967296,4294967296]"))}"#)),
        ("metadata of numbers", file(#"{"__metadata__":{"a":1}}"#)),
    ]

    @Test(arguments: bad.indices) func refuses(_ row: Int) {
        let error = #expect(throws: TrainingError.self, "\(Self.bad[row].name)") {
            try Safetensors(decoding: Self.bad[row].bytes)
        }
        #expect(error?.code == .safetensorsInvalid)
    }

    @Test func everyCutIsRefused() throws {
        let bytes = try Safetensors(tensors()).encoded()
        for count in 0..<bytes.count {
            #expect(throws: TrainingError.self) { try Safetensors(decoding: Array(bytes[..<count])) }
        }
    }

    @Test func pythonLoadsIt() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/model.safetensors"
        try Data(Safetensors(tensors(), metadata: ["step": "7"]).encoded()).write(to: URL(filePath: path))
        let script = """
            import sys, safetensors
            with safetensors.safe_open(sys.argv[1], "numpy") as file:
                print(file.metadata())
                for name in sorted(file.keys()):
                    tensor = file.get_tensor(name)
                    print(name, tensor.dtype, tensor.shape, tensor.tolist())
            """
        let output = try Repository.run(Repository.python(), ["-c", script, path])
        #expect(
            output == """
                {'step': '7'}
                a.seed uint32 (1,) [4294967295]
                a.step int32 () 7
                b.weight float32 (2, 1) [[1.0], [-2.0]]

                """
        )
    }

    @Test func readsWhatPythonWrites() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/model.safetensors"
        let script = """
            import sys, numpy, safetensors.numpy
            tensors = {"x": numpy.arange(6, dtype=numpy.float32).reshape(2, 3), "n": numpy.array(5, numpy.int32)}
            safetensors.numpy.save_file(tensors, sys.argv[1], {"by": "python"})
            """
        _ = try Repository.run(Repository.python(), ["-c", script, path])
        let file = try Safetensors(decoding: [UInt8](Data(contentsOf: URL(filePath: path))))
        #expect(file["x"]?.floats == [0, 1, 2, 3, 4, 5] && file["x"]?.shape == [2, 3])
        #expect(file["n"]?.bytes == [5, 0, 0, 0])
        #expect(file.metadata == ["by": "python"])
    }
}
