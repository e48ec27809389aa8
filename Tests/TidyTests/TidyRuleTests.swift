import Testing

/// Each rule finds what is bad in a small sample and nothing else.
@Suite("Rules of style")
struct TidyRuleTests {
    private func lines(_ rule: (SourceFile) -> [Offence], _ text: String, path: String = "Sources/Wire/A.swift")
        -> [Int]
    {
        rule(SourceFile(path: path, text: text)).map(\.line)
    }

    @Test("offences name file and line")
    func description() {
        let offence = Offence(SourceFile(path: "Sources/Wire/A.swift", text: ""), line: 7, "as!")
        #expect(offence.description == "Sources/Wire/A.swift:7: as!")
    }

    @Test("columns")
    func columns() {
        let long = String(repeating: "x", count: 121)
        #expect(lines(Lengths.columns, "x\n\(long)\n\(long.dropLast())\n") == [2])
        #expect(lines(Lengths.columns, long, path: "Tests/Reference/a.py") == [1])
        #expect(lines(Lengths.columns, long, path: "Tests/Fixtures/a.json").isEmpty)
    }

    @Test("file lines")
    func fileLines() {
        #expect(lines(Lengths.lines, String(repeating: "x\n", count: 401)) == [401])
        #expect(lines(Lengths.lines, String(repeating: "x\n", count: 400)).isEmpty)
    }

    @Test(
        "function lines",
        arguments: [
            "func a() {", "init(a: Int) {", "init?(a: Int) {", "var a: Int {", "subscript(a: Int) -> Int {",
            "func a(b: () -> Void = {}) {", "func a(b: [String: Int]) async throws(E)\nwhere T: A {", "deinit {",
        ]
    )
    func functionLines(head: String) {
        let before = "protocol P {\n    func b()\n    var c: Int { get }\n}\nlet d = \"{\"\n"
        let headLines = head.split(separator: "\n").count
        func text(_ bodyLines: Int) -> String {
            before + head + "\n" + String(repeating: "    b()\n", count: bodyLines) + "}\n"
        }
        #expect(lines(Lengths.functions, text(70 - headLines - 1)).isEmpty)
        #expect(lines(Lengths.functions, text(70 - headLines)) == [6])
    }

    @Test("function lines count no requirement, no stored property and no type")
    func noFunctions() {
        let body = String(repeating: "    b()\n", count: 80)
        let requirement = "protocol P {\n    func b(\n        c: Int\n    ) throws\n\n    func d()\n}\n"
        #expect(lines(Lengths.functions, requirement + "struct S {\n" + body + "}\n").isEmpty)
        #expect(lines(Lengths.functions, "var a = b {\n" + body + "}\n").isEmpty)
        let call = "let a = S.init(b)\nif c {\n" + body + "}\n"
        #expect(lines(Lengths.functions, call).isEmpty)
    }

    @Test("crashes")
    func crashes() {
        let text = """
            let a = try! b()
            let c = d as! E
            fatalError("f")
            // try! and as! in a comment
            let g = "try! in a string"
            let h = "\\(i as! J)"
            let k = #"raw \\(try! l)"#
            myfatalError()
            /* outer /* try! */ still as! */ let m = n
            """
        #expect(lines(Words.crashes, text) == [1, 2, 3, 6])
        #expect(lines(Words.crashes, text, path: "Tests/WireTests/A.swift").isEmpty)
    }

    @Test("prints")
    func prints() {
        let text = "print(1)\nconsole.print(1)\nfunc print(_ a: Int) {}\nlet a = \"print(1)\"\nfoo { debugPrint(1) }\n"
        #expect(lines(Words.prints, text) == [1, 5])
        #expect(lines(Words.prints, text, path: "functions/api/Routes.swift") == [1, 5])
        #expect(lines(Words.prints, text, path: "functions/api/main.swift").isEmpty)
        #expect(lines(Words.prints, text, path: "Sources/SignalboxCLI/Demo.swift").isEmpty)
        #expect(lines(Words.prints, text, path: "Sources/Trainer/main.swift").isEmpty)
    }

    @Test("unfinished")
    func unfinished() {
        let mark = "TO" + "DO"
        let text = """
            // \(mark)
            // \(mark): soon
            // \(mark): waits for the next release of the plugin
            let a = "\(mark)"
            let \(mark.lowercased()) = 1 // FIX\("ME") later
            // A\(mark)B
            """
        #expect(lines(Words.unfinished, text) == [1, 2, 5])
        #expect(lines(Words.unfinished, "# \(mark)\n", path: "Tests/Reference/a.py") == [1])
    }

    @Test("machine paths")
    func machinePaths() {
        let paths = ["work", "root", "home"].map { "/" + $0 + "/" }
        let text = """
            let a = "\(paths[0])main"
            // see \(paths[1])x
            run(path=\(paths[2])me)
            let b = "https://example.com\(paths[2])page"
            let c = "../\(paths[0].dropFirst())main"
            """
        #expect(lines(Words.machinePaths, text) == [1, 2, 3])
        #expect(lines(Words.machinePaths, "see \(paths[0])", path: "docs/a.md") == [1])
    }

    @Test("documentation")
    func documentation() {
        let text = """
            public import Wire
            public struct A {
                /// Documented.
                public let b: Int
                public let c: Int
                let d: Int
                /// Documented before its attribute.
                @discardableResult
                public func e() -> Int { 1 }
                // Not a doc comment.
                public static func f() {}
                public private(set) var g = 0
                @inlinable public init() {}
            }
            /// An enumeration.
            public enum H {
                /// Documented.
                case i
                case j
                var k: Int {
                    switch self {
                    case .i: 1
                    case .j: 2
                    }
                }
            }
            /// A protocol.
            public protocol L {
                /// Documented.
                func m()
                func n()
                var o: Int { get }
            }
            enum P { case q }
            extension A { public func r() {} }
            public extension A {}
            """
        #expect(lines(Documentation.check, text) == [2, 5, 11, 12, 13, 19, 31, 32])
        #expect(lines(Documentation.check, text, path: "Tests/WireTests/A.swift").isEmpty)
    }

    @Test("imports")
    func imports() {
        let text = """
            import Glibc
            public import Wire
            import Foundation
            @preconcurrency internal import struct GoogleCloud.Bucket
            // import GRDB
            @testable import COpenSSL
            """
        #expect(lines(Imports.check, text, path: "Sources/SignalboxCore/A.swift") == [3, 4, 6])
        #expect(lines(Imports.check, text, path: "Sources/Wire/A.swift") == [2, 3, 4])
        #expect(lines(Imports.check, "import CPJRT", path: "Sources/Wire/A.swift") == [1])
        #expect(lines(Imports.check, "import CPJRT", path: "Sources/Training/A.swift").isEmpty)
        #expect(lines(Imports.check, "import Foundation", path: "Sources/Training/A.swift") == [1])
        #expect(lines(Imports.check, "import Foundation", path: "Sources/LocalCloud/A.swift").isEmpty)
        #expect(lines(Imports.check, "import Hummingbird", path: "functions/gcs-upload/main.swift") == [1])
        #expect(lines(Imports.check, "let a = 1", path: "Sources/Attic/A.swift") == [1])
    }

    @Test("dead files")
    func deadFiles() {
        #expect(lines(DeadFiles.check, "let a = 1", path: "Sources/Wire/Placeholder.swift") == [1])
        #expect(lines(DeadFiles.check, "// nothing\n\n/* at all */\n") == [1])
        #expect(lines(DeadFiles.check, "", path: "functions/api/README.md") == [1])
        #expect(lines(DeadFiles.check, "// something\nlet a = 1\n").isEmpty)
    }
}
