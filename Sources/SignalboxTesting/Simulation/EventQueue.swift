/// What happens when, the earliest first; of two at one time, the one that was put in first.
struct EventQueue {
    struct Event {
        let time: Int64
        let number: Int
        let action: () -> Void
    }

    private var heap: [Event] = []
    private var count = 0

    mutating func push(at time: Int64, _ action: @escaping () -> Void) {
        count += 1
        heap.append(Event(time: time, number: count, action: action))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard Self.isBefore(heap[child], heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    mutating func pop() -> Event? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            var least = parent
            for child in 2 * parent + 1...2 * parent + 2 where child < heap.count {
                if Self.isBefore(heap[child], heap[least]) { least = child }
            }
            guard least != parent else { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    private static func isBefore(_ left: Event, _ right: Event) -> Bool {
        left.time != right.time ? left.time < right.time : left.number < right.number
    }
}
