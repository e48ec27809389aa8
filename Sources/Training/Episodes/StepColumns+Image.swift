import Wire

extension StepColumns {
    /// The numbers of an image written as rows of pixels `[red, green, blue]`, 0 to 255.
    static func pixels(_ image: JSONReader, height: Int, width: Int) throws(JSONTypeError) -> [Float] {
        let form = "\(height) rows of \(width) pixels [red, green, blue]"
        if case .string = image.value {
            throw image.mismatch(form, found: "a string: unpack PNG, JPEG and files, and scale them")
        }
        let rows = try image.array()
        guard rows.count == height else { throw image.mismatch(form, found: "\(rows.count) rows") }
        var numbers: [Float] = []
        numbers.reserveCapacity(height * width * ModelInput.channels)
        for row in rows {
            let pixels = try row.array()
            guard pixels.count == width else { throw row.mismatch(form, found: "\(pixels.count) pixels") }
            for pixel in pixels {
                let channels = try pixel.array()
                guard channels.count == ModelInput.channels else {
                    throw pixel.mismatch(form, found: "\(channels.count) numbers")
                }
                for channel in channels { numbers.append(Float(try channel.int(in: 0...255))) }
            }
        }
        return numbers
    }
}
