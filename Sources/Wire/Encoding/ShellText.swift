/// Text for shells (POSIX.1-2024, Shell Command Language, section 2.2.2).
public enum ShellText {
    /// A word that every shell reads as this text, whatever is in it.
    public static func quoted(_ text: String) -> String {
        let parts = text.split(separator: "'", omittingEmptySubsequences: false)
        return "'\(parts.joined(separator: "'\\''"))'"
    }

    /// Words for an array of bash's.
    public static func array(_ words: [String]) -> String { "(\(words.map(quoted).joined(separator: " ")))" }
}
