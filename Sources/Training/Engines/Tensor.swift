/// A named array of numbers, row-major and little-endian, as safetensors and PJRT hold it.
public struct Tensor: Sendable, Equatable {
    /// The types of number in use, by their safetensors names; each has four bytes.
    public enum Element: String, Sendable, CaseIterable {
        /// IEEE 754 single precision.
        case float32 = "F32"
        /// Signed integer.
        case int32 = "I32"
        /// Unsigned integer.
        case uint32 = "U32"

        /// Bytes of one number.
        public var byteCount: Int { 4 }
    }

    /// The name, unique in its collection.
    public let name: String
    /// The dimensions; empty for a single number.
    public let shape: [Int]
    /// The type of number.
    public let element: Element
    /// The numbers: product of the shape times the element's bytes.
    public let bytes: [UInt8]

    /// A tensor from its bytes; nil where their count does not follow from the shape.
    public init?(name: String, shape: [Int], element: Element, bytes: [UInt8]) {
        guard let count = Tensor.count(of: shape), bytes.count / element.byteCount == count,
            bytes.count.isMultiple(of: element.byteCount)
        else { return nil }
        self.name = name
        self.shape = shape
        self.element = element
        self.bytes = bytes
    }

    /// The same numbers under another name.
    public func renamed(_ name: String) -> Tensor { Tensor(name, copying: self) }

    private init(_ name: String, copying other: Tensor) {
        self.name = name
        shape = other.shape
        element = other.element
        bytes = other.bytes
    }

    /// The numbers of a float tensor; nil for integers.
    public var floats: [Float]? {
        guard element == .float32 else { return nil }
        return bytes.withUnsafeBytes { raw in
            (0..<raw.count / 4).map { Float(bitPattern: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)) }
        }
    }

    /// The product of dimensions; nil where one is negative or the product overflows.
    static func count(of shape: [Int]) -> Int? {
        var count = 1
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow else { return nil }
            count = product
        }
        return count
    }
}
