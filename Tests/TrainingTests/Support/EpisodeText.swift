/// Files of small episodes, as text.
enum EpisodeText {
    static func metadata(_ identifier: String, version: String = "1.1") -> String {
        #"{"schema_version": "\#(version)", "episode_id": "\#(identifier)"}"#
    }

    static func step(_ index: Int, observation: [Double], action: [Double]?, label: Int? = nil) -> String {
        let command = action.map { #"{"command": \#($0)}"# } ?? "null"
        let state = #"{"robot_state": {"joint_positions": \#(observation)}}"#
        let metadata = label.map { #", "step_metadata": {"label": \#($0)}"# } ?? ""
        return #"{"step_index": \#(index), "observation": \#(state), "action": \#(command)\#(metadata)}"#
    }

    /// Steps whose observation is the index, whose action is twice that, and whose class goes round from 0 to 4.
    static func steps(_ count: Int, from start: Int = 0) -> String {
        (start..<start + count).map {
            step($0, observation: [Double($0), 1], action: [2 * Double($0)], label: $0 % 5)
        }.joined(separator: "\n") + "\n"
    }

    /// The same steps as the elements of an array.
    static func list(_ count: Int) -> String {
        steps(count).split(separator: "\n").joined(separator: ",\n")
    }
}
