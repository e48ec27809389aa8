import Wire

/// Cuts JSON text into lines, or into the steps of one document, as it comes.
///
/// Which of both it is the text itself says: a document is an object that goes on behind its first line, or holds an
/// array `steps`; its other members are kept apart, whole, so that both can be parsed strictly.
struct EpisodeText: Sendable {
    enum Piece: Equatable {
        /// A line that is not blank; lines are counted from 1.
        case line([UInt8], line: Int)
        /// An element of a document's `steps`, and the line where it begins.
        case step([UInt8], line: Int)
        /// A document without the elements of its `steps`.
        case document([UInt8])
        /// An object too large to be kept, without `steps`.
        case stray
        case fault(EpisodeFinding.Code, line: Int, String)
    }

    private enum Mode { case undecided, lines, document, steps, closed, broken }

    private let lineBytesMax: Int
    private var mode: Mode
    /// The line, the document without its steps, or what may be either.
    private var buffer: [UInt8] = []
    private var element: [UInt8] = []
    private var elementLine = 1
    private var hasElements = false
    /// Whether a comma wants another element of the array.
    private var isElementDue = false
    private var line = 1
    private var isLineTooLong = false
    private var scan = JSONDepth()

    init(lineBytesMax: Int, linesOnly: Bool) {
        self.lineBytesMax = lineBytesMax
        mode = linesOnly ? .lines : .undecided
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer, into pieces: inout [Piece]) {
        var rest = bytes[...]
        while !rest.isEmpty, mode != .broken {
            if mode == .lines {
                let end = rest.firstIndex(of: Self.newLine)
                extend(rest[rest.startIndex..<(end ?? rest.endIndex)], into: &pieces)
                if end != nil { endLine(into: &pieces) }
                rest = end.map { rest[($0 + 1)...] } ?? rest[rest.endIndex...]
            } else {
                take(rest[rest.startIndex], into: &pieces)
                rest = rest.dropFirst()
            }
        }
    }

    mutating func finish(into pieces: inout [Piece]) {
        switch mode {
        case .lines: endLine(into: &pieces)
        case .undecided where scan.depth == 0: endLine(into: &pieces)
        case .undecided, .document, .steps: fail(.jsonInvalid, "the text ends within an object", into: &pieces)
        case .closed, .broken: break
        }
    }

    // MARK: Lines

    private mutating func extend(_ bytes: Slice<UnsafeRawBufferPointer>, into pieces: inout [Piece]) {
        guard !isLineTooLong else { return }
        guard buffer.count + bytes.count <= lineBytesMax else { return tooLong(into: &pieces) }
        buffer += bytes
    }

    private mutating func tooLong(into pieces: inout [Piece]) {
        pieces.append(.fault(.lineLimit, line: line, "longer than \(lineBytesMax) bytes"))
        buffer = []
        isLineTooLong = true
    }

    private mutating func endLine(into pieces: inout [Piece]) {
        if !isLineTooLong, !buffer.allSatisfy(Self.isBlank) { pieces.append(.line(buffer, line: line)) }
        buffer.removeAll(keepingCapacity: true)
        isLineTooLong = false
        line += 1
    }

    // MARK: Documents

    private mutating func take(_ byte: UInt8, into pieces: inout [Piece]) {
        switch mode {
        case .undecided: decide(byte, into: &pieces)
        case .document: takeOuter(byte, into: &pieces)
        case .steps: takeStep(byte, into: &pieces)
        case .closed where !Self.isBlank(byte):
            fail(.jsonInvalid, "something stands behind the document", into: &pieces)
        default: break
        }
        if byte == Self.newLine, mode != .lines { line += 1 }
    }

    private mutating func decide(_ byte: UInt8, into pieces: inout [Piece]) {
        if byte == Self.newLine {
            if buffer.allSatisfy(Self.isBlank) {
                buffer = []
                return
            }
            guard scan.depth > 0, !scan.isInString else {
                mode = .lines
                // The line is counted here: the mode is that of lines by now.
                return endLine(into: &pieces)
            }
            mode = .document
        }
        guard buffer.count < lineBytesMax else {
            mode = .lines
            return tooLong(into: &pieces)
        }
        buffer.append(byte)
        scan.take(byte)
        if scan.opensSteps { openSteps() }
    }

    private mutating func takeOuter(_ byte: UInt8, into pieces: inout [Piece]) {
        guard buffer.count < lineBytesMax else {
            if !hasElements {
                pieces.append(.stray)
                mode = .broken
            } else {
                fail(.lineLimit, "more than \(lineBytesMax) bytes beside the steps", into: &pieces)
            }
            return
        }
        buffer.append(byte)
        scan.take(byte)
        if scan.opensSteps { openSteps() }
        if scan.depth <= 0, byte == UInt8(ascii: "}") {
            pieces.append(.document(buffer))
            buffer = []
            mode = .closed
        }
    }

    private mutating func openSteps() {
        mode = .steps
        element = []
        elementLine = line
    }

    private mutating func takeStep(_ byte: UInt8, into pieces: inout [Piece]) {
        let isOutside = scan.depth == 2 && !scan.isInString
        scan.take(byte)
        if isOutside, byte == UInt8(ascii: ",") {
            endElement(into: &pieces)
            isElementDue = true
            return
        }
        if isOutside, scan.depth == 1 {
            // The brackets have to fit: the document's own parse sees to it.
            if isElementDue || !element.allSatisfy(Self.isBlank) { endElement(into: &pieces) }
            buffer.append(byte)
            mode = .document
            return
        }
        guard element.count < lineBytesMax else {
            return fail(.lineLimit, "a step longer than \(lineBytesMax) bytes", into: &pieces)
        }
        if element.isEmpty {
            guard !Self.isBlank(byte) else { return }
            elementLine = line
        }
        element.append(byte)
    }

    private mutating func endElement(into pieces: inout [Piece]) {
        pieces.append(.step(element, line: elementLine))
        hasElements = true
        isElementDue = false
        element.removeAll(keepingCapacity: true)
        elementLine = line
    }

    private mutating func fail(_ code: EpisodeFinding.Code, _ message: String, into pieces: inout [Piece]) {
        pieces.append(.fault(code, line: line, message))
        mode = .broken
    }

    private static let newLine = UInt8(ascii: "\n")

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
}
