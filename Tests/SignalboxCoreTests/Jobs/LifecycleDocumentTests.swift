import Foundation
import SignalboxCore
import Testing

@Suite("docs/job-lifecycle.md")
struct LifecycleDocumentTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/job-lifecycle.md")

    @Test("says what the machine does")
    func isCurrent() throws {
        let text = LifecycleDocument.text
        if ProcessInfo.processInfo.environment["UPDATE_DOCS"] == "1" {
            try text.write(to: Self.file, atomically: true, encoding: .utf8)
        }
        let written = (try? String(contentsOf: Self.file, encoding: .utf8)) ?? ""
        let isCurrent = written == text
        #expect(isCurrent, "renew it: UPDATE_DOCS=1 swift test --filter LifecycleDocumentTests")
    }
}
