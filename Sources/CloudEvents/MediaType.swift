/// A media type without its parameters (RFC 9110, section 8.3.1).
struct MediaType: Equatable {
    /// `type/subtype` in lower case.
    let essence: String

    init(_ text: String) {
        let head = text.prefix { $0 != ";" }
        essence = String(head.filter { $0 != " " && $0 != "\t" }).lowercased()
    }

    /// `application/json` and everything that ends in `+json`; no type counts as JSON (CloudEvents 1.0.2, section 3.1).
    var isJSON: Bool { essence.isEmpty || essence == "application/json" || essence.hasSuffix("+json") }

    var isProtobuf: Bool { essence == "application/protobuf" || essence == "application/x-protobuf" }
}
