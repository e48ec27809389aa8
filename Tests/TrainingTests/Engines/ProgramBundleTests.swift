import Foundation
import Testing
import Training

@Suite struct ProgramBundleTests {
    /// A copy of the programs whose signature has one text replaced by another.
    private func copy(replacing text: String, by other: String) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for name in try FileManager.default.contentsOfDirectory(atPath: Repository.programs) {
            try FileManager.default.copyItem(atPath: "\(Repository.programs)/\(name)", toPath: "\(folder.path)/\(name)")
        }
        let url = URL(filePath: "\(folder.path)/signature.json")
        let signature = try String(contentsOf: url, encoding: .utf8)
        let changed = signature.replacingOccurrences(of: text, with: other)
        try #require(changed != signature)
        try changed.write(to: url, atomically: true, encoding: .utf8)
        return folder
    }

    @Test func readsTheDevelopmentPrograms() throws {
        let bundle = try ProgramBundle(folder: Repository.programs)
        #expect(bundle.model == "wavecore" && bundle.preset == "development")
        #expect(bundle.shape.batchSize == 16 && bundle.shape.windowSteps == 32)
        #expect(bundle.shape.observationWidth == 64 && bundle.shape.targetWidth == 8)
    }

    @Test func readsTheProgramsOfClasses() throws {
        func shape(_ preset: String) throws -> ModelShape {
            try ProgramBundle(model: "ordinal", preset: preset, in: "\(Repository.root)/Sources/Training/Programs")
                .shape
        }
        #expect(try shape("dense").input == .numbers)
        #expect(try shape("text").input == .text)
        let image = try shape("image")
        #expect(image.input == .image(height: 64, width: 64) && image.observationWidth == 64 * 64 * 3)
        #expect(image.target == .classes && image.targetWidth == 10 && image.windowSteps == 1)
        #expect(try ProgramBundle(folder: Repository.programs).shape.target == .actions)
    }

    static let bad: [(text: String, other: String, code: TrainingError.Code)] = [
        ("{", "[", .signatureInvalid),
        (#""format": 1"#, #""format": 2"#, .signatureInvalid),
        (#""batch_size": 16"#, #""batch_size": 0"#, .signatureInvalid),
        (#""dtype": "i32""#, #""dtype": "i64""#, .signatureInvalid),
        (#""file": "train_step.mlirbc""#, #""file": "../train_step.mlirbc""#, .signatureInvalid),
        (#""batch_size": 16"#, #""batch_size": 32"#, .signatureMismatch),
        (#""name": "step_mask""#, #""name": "mask""#, .signatureMismatch),
        (#""name": "head.bias""#, #""name": "head.norm""#, .signatureMismatch),
        (#""learning_rate""#, #""rate""#, .signatureMismatch),
        (#""file": "predict.mlirbc""#, #""file": "eval_step.mlirbc""#, .programDigestMismatch),
        (#""file": "predict.mlirbc""#, #""file": "absent.mlirbc""#, .programsMissing),
    ]

    @Test(arguments: bad.indices) func refuses(_ row: Int) throws {
        let folder = try copy(replacing: Self.bad[row].text, by: Self.bad[row].other)
        let error = #expect(throws: TrainingError.self) { try ProgramBundle(folder: folder.path) }
        #expect(error?.code == Self.bad[row].code, "\(Self.bad[row].other): \(error?.message ?? "")")
    }

    @Test func saysWhichModelsAndPresetsThereAre() {
        let folder = "\(Repository.root)/Sources/Training/Programs"
        let preset = #expect(throws: TrainingError.self) {
            try ProgramBundle(model: "wavecore", preset: "huge", in: folder)
        }
        #expect(preset?.code == .presetUnknown)
        #expect(preset?.message.hasSuffix("wavecore has cloud, development, pi5") == true)
        let model = #expect(throws: TrainingError.self) {
            try ProgramBundle(model: "other", preset: "development", in: folder)
        }
        #expect(model?.code == .modelTypeUnsupported)
        #expect(model?.message.hasSuffix("there are programs of ordinal, wavecore") == true)
        let folderless = #expect(throws: TrainingError.self) {
            try ProgramBundle(model: "wavecore", preset: "development", in: "/nonexistent")
        }
        #expect(folderless?.code == .programsMissing)
    }

    @Test func saysWhatToSetWhereThereAreNone() {
        let error = #expect(throws: TrainingError.self) { try ProgramBundle(folder: "/nonexistent") }
        #expect(error?.code == .programsMissing)
        #expect(error?.message.contains("SIGNALBOX_PROGRAMS") == true)
    }
}
