import ComputeTiers
import Foundation
import SignalboxCore
import Wire

/// The order of `Golden/order.json`, for which the gcloud command line's requests are kept.
struct GoldenOrder {
    private static let folder = ReferenceTools.tests.appending(path: "ComputeTiersTests/Google/Golden")
    private let reader: JSONReader

    init() throws { reader = try Self.read("order") }

    /// What the environment of a function holds.
    var environment: Environment {
        get throws {
            var variables: [String: String] = [
                "SIGNALBOX_TRAINER_IMAGE": try reader["image"].string(),
                "SIGNALBOX_TRAINER_SERVICE_ACCOUNT": try reader["service_account"].string(),
            ]
            for (name, value) in try reader["variables"].members() { variables[name] = try value.string() }
            return Environment(variables)
        }
    }

    var container: TrainerContainer { get throws { try TrainerContainer(try environment) } }

    /// The order for a tier, elsewhere where a place is given.
    func order(_ tier: String, at place: String? = nil) throws -> RunOrder {
        let text = try place ?? reader["places"][tier].string()
        guard let place = Place(text), let spec = ObjectName(uri: try reader["spec"].string()) else {
            throw ReferenceTools.Failure(description: "order.json: \(text) or the spec is malformed")
        }
        return RunOrder(
            jobID: try reader["job_id"].string(),
            attempt: try reader["attempt"].int(),
            robotID: try reader["robot_id"].string(),
            spec: spec,
            place: place,
            runSecondsMax: try reader["run_seconds_max"].int()
        )
    }

    /// The body that gcloud sends to a tier for the order.
    func gcloudBody(_ tier: String) throws -> JSON { try Self.read(tier)["body"].value }

    /// Whether a request goes where gcloud sends the order to a tier, in another project where one is named.
    func isSentLike(_ tier: String, _ request: GoogleMock.Request, in project: String = "robots") throws -> Bool {
        let golden = try Self.read(tier)
        let parts = try golden["path"].string().replacing("/projects/robots/", with: "/projects/\(project)/")
            .split(separator: "?")
        let query = parts.dropFirst().flatMap { $0.split(separator: "&") }.map { $0.split(separator: "=") }
        return try golden["method"].string() == request.verb && parts[0] == request.path
            && query.allSatisfy { request.query[String($0[0])] == String($0[1]) }
    }

    private static func read(_ name: String) throws -> JSONReader {
        let bytes = try FileIO.read(folder.appending(path: "\(name).json").path, bytesMax: 1 << 20)
        return JSONReader(try JSON(parsing: bytes))
    }
}

/// Differences between a request of ours and gcloud's, each by its JSON pointer.
enum GoldenDifference {
    /// Where the two differ: every member or element that stands in one alone or differs.
    ///
    /// - Parameter renaming: starts of gcloud's pointers and what ours have in their place, the first that fits.
    static func all(ours: JSON, gcloud: JSON, renaming: [(from: String, to: String)] = []) -> Set<String> {
        let left = leaves(ours)
        let right = leaves(gcloud).reduce(into: [String: JSON]()) { all, leaf in
            let rename = renaming.first { leaf.key.hasPrefix($0.from) }
            all[rename.map { $0.to + leaf.key.dropFirst($0.from.count) } ?? leaf.key] = leaf.value
        }
        return Set(left.keys).union(right.keys).filter { left[$0] != right[$0] }
    }

    private static func leaves(_ json: JSON, at pointer: String = "") -> [String: JSON] {
        var inner: [(String, JSON)] = []
        switch json {
        case .object(let members) where !members.isEmpty: inner = members.map { ("/\($0.key)", $0.value) }
        case .array(let elements) where !elements.isEmpty:
            inner = elements.enumerated().map { ("/\($0.offset)", $0.element) }
        default: return [pointer: json]
        }
        return inner.reduce(into: [:]) { all, member in
            all.merge(leaves(member.1, at: pointer + member.0)) { first, _ in first }
        }
    }
}
