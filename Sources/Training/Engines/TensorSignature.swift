import Wire

/// The name, shape and type of a tensor that a program takes or gives.
struct TensorSignature: Sendable, Equatable {
    let name: String
    let shape: [Int]
    let element: Tensor.Element

    /// Bytes of the tensor; the shape was checked when it was read.
    var byteCount: Int { shape.reduce(element.byteCount, *) }

    init(name: String, shape: [Int], element: Tensor.Element = .float32) {
        self.name = name
        self.shape = shape
        self.element = element
    }

    /// Reads `{"name", "shape", "dtype"}`, dtype being one of f32, i32, u32.
    init(_ reader: JSONReader) throws(JSONTypeError) {
        name = try reader["name"].string()
        var shape: [Int] = []
        for size in try reader["shape"].array() { shape.append(try size.int(in: 1...Self.dimensionMax)) }
        self.shape = shape
        switch try reader["dtype"].string() {
        case "f32": element = .float32
        case "i32": element = .int32
        case "u32": element = .uint32
        default: throw reader["dtype"].mismatch("f32, i32 or u32")
        }
        guard let count = Tensor.count(of: shape), count <= Self.valuesMax else {
            throw reader["shape"].mismatch("at most \(Self.valuesMax) numbers")
        }
    }

    private static let dimensionMax = 1 << 24
    private static let valuesMax = 1 << 28
}
