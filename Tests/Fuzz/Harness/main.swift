import Glibc
import Wire

// Fuzz TARGET [libFuzzer's own arguments and corpora]; Fuzz --list names the targets.

@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

nonisolated(unsafe) private var chosen: FuzzTarget?

let names = CommandLine.arguments.dropFirst()
if names.first == "--list" {
    for target in FuzzTarget.all { puts(target.name) }
    exit(0)
}
// libFuzzer gets the arguments without the target's name, which it would take for a corpus; where it starts itself
// again to merge corpora, the target is known by the environment.
let variable = "SIGNALBOX_FUZZ_TARGET"
var arguments = CommandLine.unsafeArgv
var count = CommandLine.argc
if let target = FuzzTarget.all.first(where: { $0.name == names.first }) {
    chosen = target
    setenv(variable, target.name, 1)
    arguments[1] = arguments[0]
    arguments += 1
    count -= 1
} else if let name = getenv(variable).map({ String(cString: $0) }) {
    chosen = FuzzTarget.all.first { $0.name == name }
}
guard chosen != nil else {
    FileIO.writeLine("usage: Fuzz TARGET [libFuzzer's arguments]; --list names the targets", to: STDERR_FILENO)
    exit(64)
}
exit(
    runDriver(&count, &arguments) { bytes, count in
        chosen?.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
        return 0
    }
)
