import ArgumentParser
import Wire

/// How a command answers.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Answer in JSON (docs/json-output.md).")
    var json = false

    /// Prints an answer: the JSON where it was asked for, else the lines for people.
    func answer(_ value: JSON, _ lines: [String]) {
        if json { return Console.data(value) }
        for line in lines { Console.data(line) }
    }
}
