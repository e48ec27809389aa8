public import SignalboxCore

/// The regions or zones in which a tier launches. Only these, since runs are also looked for only in these.
public struct TierLocations: Sendable, Equatable {
    /// How many a tier may have: each is asked by each sweep.
    public static let locationsMax = 32

    /// The variable that names them.
    public let variable: String
    /// All of them; the first is the one for places that name none.
    public let all: [String]

    /// Reads a variable: locations with commas between them, the first for places that name none. Nil where it is
    /// not set.
    ///
    /// - Throws: `ConfigurationError`.
    public init?(_ environment: Environment, _ variable: String) throws(ConfigurationError) {
        guard let text = environment.text(variable) else { return nil }
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard names.count <= Self.locationsMax, names.allSatisfy(Self.isLocation), Set(names).count == names.count
        else {
            throw ConfigurationError(
                variable,
                "is \"\(text)\", not 1 to \(Self.locationsMax) locations with commas between them"
            )
        }
        self.variable = variable
        all = names
    }

    /// Where a place is.
    ///
    /// - Throws: `invalid_order` where the tier does not launch there.
    public func location(of place: Place) throws(TierError) -> String {
        guard let location = place.location else { return all[0] }
        guard all.contains(location) else {
            let known = all.joined(separator: ", ")
            throw TierError(.invalidOrder, "\(place): \(location) is not among the locations of \(variable): \(known)")
        }
        return location
    }

    /// A place with what it leaves to the tier.
    ///
    /// - Parameter machine: the machine of places that name none.
    func whole(_ place: Place, machine: String?) -> Place {
        var place = place
        place.location = place.location ?? all[0]
        place.machine = place.machine ?? machine
        return place
    }

    /// `us-central1`, `us-central1-a`.
    private static func isLocation(_ text: String) -> Bool {
        text.utf8.first.map { (0x61...0x7A).contains($0) } == true
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "-")
            }
    }
}
