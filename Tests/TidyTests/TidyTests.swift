import Testing

/// The style of the repository, as far as a machine can tell it.
@Suite("Style")
struct TidyTests {
    @Test("the repository is found")
    func repository() throws {
        let files = try Repository.all.get()
        #expect(files.contains { $0.path == "Tests/TidyTests/TidyTests.swift" })
        #expect(files.contains { $0.path == "Sources/SignalboxCore/Jobs/JobLifecycle.swift" })
    }

    @Test("no line is over 120 columns")
    func columns() throws { try check(Lengths.columns) }

    @Test("no file is over 400 lines")
    func fileLines() throws { try check(Lengths.lines) }

    @Test("no function is over 70 lines")
    func functionLines() throws { try check(Lengths.functions) }

    @Test("nothing crashes on purpose: no try!, as! or fatalError outside tests")
    func crashes() throws { try check(Words.crashes) }

    @Test("nothing prints but the command-line programs")
    func prints() throws { try check(Words.prints) }

    @Test("nothing is left to do without a reason")
    func unfinished() throws { try check(Words.unfinished) }

    @Test("every public symbol has a doc comment")
    func documentation() throws { try check(Documentation.check) }

    @Test("every room imports what it may, and no more")
    func imports() throws { try check(Imports.check) }

    @Test("no file is dead")
    func deadFiles() throws { try check(DeadFiles.check) }

    @Test("nothing depends on where a machine keeps its files")
    func machinePaths() throws {
        try check(Words.machinePaths)
        try check(Words.machinePaths, in: Repository.surroundings.get())
    }

    private func check(_ rule: (SourceFile) -> [Offence]) throws { try check(rule, in: Repository.all.get()) }

    private func check(_ rule: (SourceFile) -> [Offence], in files: [SourceFile]) throws {
        let offences = files.flatMap(rule).map(\.description)
        #expect(offences.isEmpty, "\(offences.count) offences:\n\(offences.joined(separator: "\n"))")
    }
}
