import Wire

/// Tensors in one file in the safetensors format: eight bytes with the header's length (little-endian), a JSON header
/// of `dtype`, `shape` and `data_offsets` by name, and the numbers without gaps.
///
/// Source: https://github.com/huggingface/safetensors, section "Format".
public struct Safetensors: Sendable, Equatable {
    /// The tensors in the order of their bytes; names are unique.
    public let tensors: [Tensor]
    /// Free text by name (`__metadata__`).
    public let metadata: [String: String]

    /// The limit of a whole file.
    public static let fileBytesMax = 4 << 30
    /// The limit of the header, well under the format's own of 100 MB.
    public static let headerBytesMax = 16 << 20
    private static let lengthBytes = 8

    /// Tensors to be written.
    ///
    /// - Throws: `safetensors_invalid` for a name that occurs twice or is the format's own.
    public init(_ tensors: [Tensor], metadata: [String: String] = [:]) throws(TrainingError) {
        var names: Set<String> = ["__metadata__"]
        for tensor in tensors where !names.insert(tensor.name).inserted {
            throw TrainingError(.safetensorsInvalid, "the name \(tensor.name) is taken")
        }
        self.tensors = tensors
        self.metadata = metadata
    }

    /// The tensor of a name.
    public subscript(name: String) -> Tensor? { tensors.first { $0.name == name } }

    /// The file's bytes, the same for equal values.
    public func encoded() -> [UInt8] {
        var header: [String: JSON] = [:]
        if !metadata.isEmpty { header["__metadata__"] = .object(metadata.mapValues(JSON.string)) }
        var end = 0
        for tensor in tensors {
            let start = end
            end += tensor.bytes.count
            header[tensor.name] = [
                "dtype": .string(tensor.element.rawValue),
                "shape": .array(tensor.shape.map { .integer(Int64($0)) }),
                "data_offsets": [.integer(Int64(start)), .integer(Int64(end))],
            ]
        }
        var text = JSON.object(header).bytes
        // Spaces behind the header keep the numbers aligned for readers that map the file.
        while !text.count.isMultiple(of: Self.lengthBytes) { text.append(UInt8(ascii: " ")) }
        var bytes = (0..<Self.lengthBytes).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
        bytes.reserveCapacity(bytes.count + text.count + end)
        bytes += text
        for tensor in tensors { bytes += tensor.bytes }
        return bytes
    }

    /// Reads a file, trusting nothing in it.
    ///
    /// - Throws: `safetensors_invalid`, saying what is wrong.
    public init(decoding bytes: [UInt8]) throws(TrainingError) {
        guard bytes.count >= Self.lengthBytes else { throw Self.invalid("shorter than its first field") }
        guard bytes.count <= Self.fileBytesMax else { throw Self.invalid("over \(Self.fileBytesMax) bytes") }
        let length = bytes[..<Self.lengthBytes].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= Self.headerBytesMax, Int(length) <= bytes.count - Self.lengthBytes else {
            throw Self.invalid("a header of \(length) bytes is over the limit or the file's end")
        }
        let dataStart = Self.lengthBytes + Int(length)
        let entries: [Entry]
        do {
            let header = JSONReader(try JSON(parsing: Array(bytes[Self.lengthBytes..<dataStart])))
            metadata = try Self.metadata(header["__metadata__"])
            entries = try Self.entries(header)
        } catch {
            throw Self.invalid("header: \(error)")
        }
        var tensors: [Tensor] = []
        var position = 0
        for entry in entries {
            guard entry.start == position, entry.end >= entry.start, entry.end <= bytes.count - dataStart else {
                throw Self.invalid("\(entry.name): offsets leave a gap, overlap or pass the end")
            }
            position = entry.end
            let data = Array(bytes[dataStart + entry.start..<dataStart + entry.end])
            guard let tensor = Tensor(name: entry.name, shape: entry.shape, element: entry.element, bytes: data) else {
                throw Self.invalid("\(entry.name): \(data.count) bytes do not follow from its shape")
            }
            tensors.append(tensor)
        }
        guard position == bytes.count - dataStart else { throw Self.invalid("bytes behind the last tensor") }
        self.tensors = tensors
    }

    private struct Entry {
        let name: String
        let element: Tensor.Element
        let shape: [Int]
        let start: Int
        let end: Int
    }

    private static func metadata(_ reader: JSONReader) throws(JSONTypeError) -> [String: String] {
        guard !reader.isNull else { return [:] }
        var metadata: [String: String] = [:]
        for (name, value) in try reader.members() { metadata[name] = try value.string() }
        return metadata
    }

    /// The entries in the order of their bytes; of two at one place the empty one comes first.
    private static func entries(_ header: JSONReader) throws(JSONTypeError) -> [Entry] {
        var entries: [Entry] = []
        for (name, reader) in try header.members() where name != "__metadata__" {
            guard let element = Tensor.Element(rawValue: try reader["dtype"].string()) else {
                throw reader["dtype"].mismatch("F32, I32 or U32")
            }
            var shape: [Int] = []
            for size in try reader["shape"].array() { shape.append(try size.int(in: 0...fileBytesMax)) }
            let offsets = try reader["data_offsets"].array()
            guard offsets.count == 2 else { throw reader["data_offsets"].mismatch("two offsets") }
            let start = try offsets[0].int(in: 0...fileBytesMax)
            let end = try offsets[1].int(in: 0...fileBytesMax)
            entries.append(Entry(name: name, element: element, shape: shape, start: start, end: end))
        }
        return entries.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
    }

    private static func invalid(_ message: String) -> TrainingError { TrainingError(.safetensorsInvalid, message) }
}
