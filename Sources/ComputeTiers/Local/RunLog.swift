import Wire

/// The last lines of a run's log, fit for a document.
enum RunLog {
    /// Lines that are kept.
    static let linesMax = 20
    /// Bytes that are kept.
    static let bytesMax = 4096

    /// A reason with the log's last lines, if there are any.
    static func detail(_ reason: String, log: String) -> String {
        let tail = tail(log)
        return tail.isEmpty ? reason : "\(reason); the last lines of its log:\n\(tail)"
    }

    /// The last lines: valid UTF-8, without control characters, empty where there is no log.
    static func tail(_ path: String) -> String {
        guard let bytes = try? FileIO.readEnd(path, bytesMax: bytesMax) else { return "" }
        // A progress bar's carriage return begins a line, too.
        var lines = bytes.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.map(printable)
        // Where the file goes on before it, the first one is as a rule a part of a line.
        if bytes.count == bytesMax, lines.count > 1 { lines.removeFirst() }
        var tail: [String] = []
        var bytesLeft = bytesMax
        for line in lines.reversed().prefix(linesMax) where !line.isEmpty {
            guard line.utf8.count < bytesLeft || tail.isEmpty else { break }
            tail.append(end(of: line))
            bytesLeft -= line.utf8.count + 1
        }
        return tail.reversed().joined(separator: "\n")
    }

    /// As text: what is no UTF-8 becomes U+FFFD, control characters but the tab go.
    private static func printable(_ line: ArraySlice<UInt8>) -> String {
        let whole = line.drop(while: isContinuation)
        let scalars = String(decoding: whole, as: UTF8.self).unicodeScalars.filter { scalar in
            scalar == "\t" || scalar.properties.generalCategory != .control
        }
        return String(String.UnicodeScalarView(scalars))
    }

    /// At most ``bytesMax`` bytes from a line's end: the repair makes three bytes of one.
    private static func end(of line: String) -> String {
        guard line.utf8.count > bytesMax else { return line }
        return String(decoding: line.utf8.suffix(bytesMax).drop(while: isContinuation), as: UTF8.self)
    }

    private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}
