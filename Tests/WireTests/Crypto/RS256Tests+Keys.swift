extension RS256Tests {
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
