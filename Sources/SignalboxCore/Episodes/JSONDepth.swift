/// How deep in JSON a byte stands, told without judging the text.
struct JSONDepth: Sendable {
    /// Brackets open.
    private(set) var depth = 0
    private(set) var isInString = false
    /// Whether the last byte opened the array of a member `steps` of the outermost object.
    private(set) var opensSteps = false
    private var isEscaped = false
    /// The last string of the outermost object, as far as it may be a name that is looked for.
    private var text: [UInt8] = []
    private var isStepsValue = false

    private static let name = Array("steps".utf8)

    mutating func take(_ byte: UInt8) {
        opensSteps = false
        if isInString {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
                return
            }
            if depth == 1, text.count <= Self.name.count { text.append(byte) }
            return
        }
        switch byte {
        case UInt8(ascii: "\""):
            isInString = true
            if depth == 1 { text = [] }
        case UInt8(ascii: ":") where depth == 1: isStepsValue = text == Self.name
        case UInt8(ascii: ","), UInt8(ascii: "}"):
            if depth == 1 { isStepsValue = false }
            if byte == UInt8(ascii: "}") { depth -= 1 }
        case UInt8(ascii: "["):
            opensSteps = depth == 1 && isStepsValue
            depth += 1
        case UInt8(ascii: "{"): depth += 1
        case UInt8(ascii: "]"): depth -= 1
        default: break
        }
    }
}
