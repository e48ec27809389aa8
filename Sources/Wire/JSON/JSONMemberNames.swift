/// The names of one object so far: nearly all are few, and plain ASCII, and are compared where they stand.
struct JSONMemberNames {
    /// Names compared one by one.
    private static let plainMax = 16

    private let text: UnsafeBufferPointer<UInt8>
    private var plain: [Range<Int>] = []
    private var others: Set<String>?

    /// No names yet, of objects in this text.
    init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

    /// Takes a name of ASCII characters without escapes, by its place in the text; false where it was there.
    mutating func insert(_ name: Range<Int>) -> Bool {
        guard others == nil, plain.count < Self.plainMax else { return insert(string(name)) }
        for known in plain where known.count == name.count {
            if text[known].elementsEqual(text[name]) { return false }
        }
        plain.append(name)
        return true
    }

    /// Takes any other name. String equality is canonical equivalence: names that only look different count as one,
    /// and some beyond ASCII are equal to a plain one (U+212A to K).
    mutating func insert(_ name: String) -> Bool {
        var names = others ?? Set(plain.map(string))
        others = nil
        let isNew = names.insert(name).inserted
        others = names
        return isNew
    }

    private func string(_ name: Range<Int>) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: text[name]), as: UTF8.self)
    }
}
