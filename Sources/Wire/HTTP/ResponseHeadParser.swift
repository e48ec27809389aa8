/// The head of an answer.
struct HTTPResponseHead: Sendable {
    let status: Int
    let headers: HTTPHeaders
}

/// Collects the lines of a head as libcurl passes them: a status line, fields, an empty line. Interim answers (1xx) are
/// passed over, and so are trailers.
struct ResponseHeadParser {
    private(set) var status = 0
    private(set) var fields: [(String, String)] = []
    private(set) var isComplete = false
    private var bytes = 0

    mutating func add(_ line: UnsafeRawBufferPointer, bytesMax: Int) throws(HTTPClientError) {
        guard !isComplete else { return }
        bytes += line.count
        guard bytes <= bytesMax else {
            throw HTTPClientError(.headersTooLong, "the header fields are longer than \(bytesMax) bytes")
        }
        let text = String(decoding: line.prefix { $0 != 0x0D && $0 != 0x0A }, as: UTF8.self)
        if text.hasPrefix("HTTP/") {
            try begin(text)
        } else if text.isEmpty {
            isComplete = status >= 200
        } else if text.hasPrefix(" ") || text.hasPrefix("\t"), let last = fields.popLast() {
            // A folded line (RFC 9112, section 5.2).
            fields.append((last.0, last.1 + " " + Self.trimmed(text[...])))
        } else if let colon = text.firstIndex(of: ":") {
            fields.append((String(text[..<colon]), Self.trimmed(text[text.index(after: colon)...])))
        }
    }

    private mutating func begin(_ line: String) throws(HTTPClientError) {
        let words = line.split(separator: " ")
        guard words.count > 1, let status = Int(words[1]), (100...999).contains(status) else {
            throw HTTPClientError(.badResponse, "the status line names no status")
        }
        self.status = status
        fields = []
    }

    private static func trimmed(_ text: Substring) -> String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        var rest = text.drop(while: isSpace)
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return String(rest)
    }
}
