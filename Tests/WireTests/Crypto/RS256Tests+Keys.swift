extension RS256Tests {
    /// Made for these tests: `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048`.
    static let pem = """
        -----BEGIN PRIVATE KEY-----
        MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQDA8etcPGE8J806
        Xmny7mm95ZxS10IQTY25XM7Qrhm6N6mdqGgQ6t3sxe+SpMD7w+Trom25aYZSEb6K
        pnJgXZjftyir0QW7gy69OzM2/auz666sYfQG5nrRoVxDNhhJKxTpAIvs+0/JF1z9
        vLFktTVecR1yR30x+VylAIwki0oPPvH/ZMYi7UVhU1jAMQaCVdDJQntPJq2Nti6B
        354IQS3g7HH9aeuXR6MZq9RsrAj3S9xHET2oSccf6/kVV/mCbTkc9oR/dH9zAfGW
        e/uTYqhM+zeIdFxDTPJsQjHxZgP3oIHrOBmO1ZT+NQoDwgW+gDG/S+gwyM6wIpRi
        bdjyq1tnAgMBAAECggEAKnEMpK1jdigLLNu30og/GlZ3nIFdNtjYY/3WQHELl7rG
        xLdWrOH9Dyg7GrbC/J6KrIp+OFrOAR+GGlmiry/ngM55U9IWwLiKf3WWPnJuYpVl
        RuYFF797JMGp2d78WJvxbY+BOA/P7RwGiIoJO23g33ViVNEE6QlBJ8qHCULad5+u
        vQM3wL3P0Wq7g88fJw9jV/PmhoBLI/zTtxTF5U74FHkJ47xesO1n436SiTmiBUZU
        jABpoAq8KjRyG/JZG5vrCUaA2NRrhH7AA4DXgOqWMH1undN2rPJCbVwGAi/erfvx
        dNyAQ4YMjfrZMFtBMhEtj0QKqcYMUsRYTrv9AqaaAQKBgQD1HoxH6/SjtH+kF6Hw
        joq5v6QVlUuSGv6CaeNMsFfsz2kvNSRJTsZCEjrcGp2Oki2K+mkuAqcgHgeiTFAp
        Ze5e+7TLli2yK/CFmlJGHbArdkVoxW7Cs1aqHww+DSFAnP6qI5/1jKg9RCy47Eq8
        MG/dF8bpe23C0myT03vvidKQlwKBgQDJgnruF1WIHgHJ/nYHotew563EcLa1p2yG
        hPC43xHuU2kmbT1Z4N4h775uGHJKrkZ9TEjHL6T+Ja5rhQtqtrAsJqC5xoTy6I4T
        A0A+YOsv7WBM/8naViAPe40e069LxiDbvkEbMzgjYB3IgsmoN6WBQTRpAukAoOVB
        SPkXLa8VsQKBgFlsdJcEgPJ8NhjCOmUNS5TqUk1BcxlxWapwQOlIaDtPi7saMwu/
        flq6VdjYqORLdev+4QJVG21/Jx/RoWkI88aZI2MmfbNDjnLfUuabjBq/AiFv7bGA
        Rby4qPm2RoxQ+iNN7dxiHTqEtaAdLEKtlRHey8WALxHlPJFNlShVaokvAoGABktE
        CbHC4yiEx8lh6GUmtYjW/Z7DpjLfiegXGL8m8Tm7vA6Hbwo+BfNWEFxFHZ4J55n9
        X/NWBPYqV4NlUuT35bkjJgpUVr36yg8873XZgrq4Wk9W/7HW+ITUaJUWEZjTp+lu
        YSodY8V5yKyFHfL3AW2G9Iy5uGJOJtbfqOCtalECgYEA4NvkTeZPyW518mC0LgLO
        Wa6u4QCxwyQPgjQqRyuHLXNbXE7ceJucikyaDgBwXx3dDn+YF2tENKwtbk/MdS+z
        lg0MBw/A43knDfp33Kz62Y/2arUIrmqobmz02/7DnbjN94EqBh4/DF5zN6Ao/+Bp
        VICRiaegL75fTrXVtPyHvzw=
        -----END PRIVATE KEY-----

        """

    /// A key of 1024 bits.
    static let shortPEM = """
        -----BEGIN PRIVATE KEY-----
        MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBAMNnjevdz/Tkf7pp
        VcretvLlw9fwfrp6rHl5yjtMTQEQLmfb2lcoBPEgl6yhHyS4rRyeXjF603XwVccU
        aW+C5MnDbOapmLBpOVMxbGK+6H5a3szUs7XGdqvzDuCyhoRIfoAPKoCfH3teJJcp
        UaPYoZx07LwZ185cRwHWGxP/jjorAgMBAAECgYEAswC2HhBAZNK9v4KnOQT1C2Y4
        FiUVsraWMWHERLYNBKBSIopgZd8fR9TXnSisYvNaghEBsMoX1L6plYm5XJHICv+0
        cMupLVbqcGzMf4EdjJtFCGewhRuh6bWUoEaTsY77C+eFgjUCf5UDPqFZr3O/swuo
        mYnjUqm1HsO6ShO040ECQQD9HAo9X6xHhf5JIHydWcOwaAvUTs5HJvp9one0INk4
        uG5JEWVcBK4pXeK8Cl6osd4lACN6r95KWHMvnP47T02zAkEAxaLQp0OAZ4fOdG2e
        Q/SzxYaD9BevuN0nTcHfO3nynncaV54Wj5Ut0N1XF26ZVmtfonqV/AHvBnQs4RgL
        tjrVqQJBAILf38+SS8OD3lMzkBvQkWYCtrMluHWECxuxSVIDdi5k9umjLBTjeqZ7
        HET826tApUvegXnru/YXPCAPfklunQ8CQGpMXO9p1flZSQjEILiqN7rI09YIm2HR
        yR8AZIHH4F+s7cUsaTQG56KMOhiHSv/5NnHcfykRHS+acr0KwtnboSkCQAIfEHUx
        BfZs2U9z9KI13VJrs6tL3hpXpLsozR3vVdeRGR+Yz9rFN+sgRikpBbf3OFHb0Q1Z
        fUKbLgHqUEubXPQ=
        -----END PRIVATE KEY-----

        """

    /// `printf header.claims | openssl dgst -sha256 -sign key.pem | base64`.
    static let signature =
        "acO5uKLIe3lFiihEjlrsZGy77Hn/oKj1M3QzPVQZ9sHlaqA0+jawE3LAwDuT9t4zLQnq80Xy8ShiF2sj"
        + "Ude0SNuVGQA5/+vRbMgbWuGuNPo/uhMmsuzQdD0Y9s9rj+RJYqyH3B53j0WohZaQ2rs5ckMeUsiZxoGB"
        + "zy+QyVKUOOx1bpTn50eDfw5JTp01dP5RL8lc3MYgAoTv78umvKJrbKqVyomVidWRAm5Je23Kq1we/64J"
        + "JoSV5Xm5hsz6EYq9AshE9HbqGykJBZTMWKypPBDA1tkQC1NGC44gAtOUfJu9g4n823RHIRdYdMJijj/U"
        + "60LI0XxXdrn4tIzRpJMoYQ=="
}
