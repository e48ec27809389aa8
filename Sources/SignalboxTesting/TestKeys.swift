/// Keys that are no secret.
public enum TestKeys {
    /// An RSA key of 2048 bits in PKCS #8, of no use but in tests:
    /// `openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048`.
    public static let rsaPEM = """
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

    /// The modulus of ``rsaPEM`` as a JWK has it; its exponent is `AQAB`.
    public static let rsaModulus =
        "wPHrXDxhPCfNOl5p8u5pveWcUtdCEE2NuVzO0K4ZujepnahoEOrd7MXvkqTA-8Pk66JtuWmGUhG-iqZyYF2Y37coq9"
        + "EFu4MuvTszNv2rs-uurGH0BuZ60aFcQzYYSSsU6QCL7PtPyRdc_byxZLU1XnEdckd9MflcpQCMJItKDz7x_2TGIu1F"
        + "YVNYwDEGglXQyUJ7TyatjbYugd-eCEEt4Oxx_Wnrl0ejGavUbKwI90vcRxE9qEnHH-v5FVf5gm05HPaEf3R_cwHxln"
        + "v7k2KoTPs3iHRcQ0zybEIx8WYD96CB6zgZjtWU_jUKA8IFvoAxv0voMMjOsCKUYm3Y8qtbZw"
}
