import Testing
import Wire

/// Python's `jsonschema` over documents, all in one process.
enum SchemaCheck {
    /// Checks documents against a schema of `docs`.
    ///
    /// - Returns: for each the first error, nil for a good one.
    static func errors(_ documents: [JSON], schema: String) throws -> [String?] {
        let path = "\(PythonEnvironment.documents)/\(schema)"
        let outcome = try PythonEnvironment.run("schema_check.py", [path], input: JSON.array(documents).bytes)
        try #require(outcome.status == 0, "\(outcome.errors)")
        return try JSONReader(JSON(parsing: outcome.output)).array().map { try $0.optional?.string() }
    }
}
