//! Where the crate judges otherwise than the suites' authors, and where otherwise than rustls.

/// Cases with one cause.
pub struct Row {
    pub ids: &'static [&'static str],
    /// What the rejection says; nothing where the crate accepts.
    pub words: &'static str,
    pub reason: &'static str,
}

/// Cases in which the verdict is not the one expected. None of them is accepted.
pub const DEVIATIONS: &[Row] = &[
    Row {
        ids: &[
            "pkits::01-SignatureVerification::4.1.4-Section1ValidDSASignaturesTest4",
            "pkits::01-SignatureVerification::4.1.5-Section1ValidDSAParameterInheritanceTest5",
        ],
        words: "1.2.840.10040.4.3",
        reason: "DSA, which no provider of rustls verifies",
    },
    Row {
        ids: &["pkits::02-ValidityPeriods::4.2.3-Section2Validpre2000UTCnotBeforeDateTest3"],
        words: "BadDerTime",
        reason: "valid from 1950, and webpki reads no date before 1970",
    },
    Row {
        ids: &[
            "pkits::03-VerifyingNameChaining::4.3.10-\
             Section3ValidRolloverfromPrintableStringtoUTF8StringTest10",
            "pkits::03-VerifyingNameChaining::4.3.11-\
             Section3ValidUTF8StringCaseInsensitiveMatchTest11",
            "pkits::03-VerifyingNameChaining::4.3.3-Section3ValidNameChainingWhitespaceTest3",
            "pkits::03-VerifyingNameChaining::4.3.4-Section3ValidNameChainingWhitespaceTest4",
            "pkits::03-VerifyingNameChaining::4.3.5-Section3ValidNameChainingCapitalizationTest5",
        ],
        words: "neither the trust store nor the chain holds that name",
        reason: "the issuer's name differs from the CA's in string type, case or white space, and \
                 webpki compares names octet by octet",
    },
    Row {
        ids: &["pkits::03-VerifyingNameChaining::4.3.6-Section3ValidNameChainingUIDsTest6"],
        words: "TrailingData(CertificateExtensions)",
        reason: "an issuerUniqueID, which webpki does not read",
    },
    Row {
        ids: &[
            "pkits::06-VerifyingBasicConstraints::4.6.14-Section6ValidpathLenConstraintTest14",
            "pkits::06-VerifyingBasicConstraints::4.6.8-Section6ValidpathLenConstraintTest8",
        ],
        words: "is a CA's",
        reason: "the leaf is a CA's certificate, which no client may present",
    },
    Row {
        ids: &[
            "pkits::06-VerifyingBasicConstraints::4.6.15-\
             Section6ValidSelfIssuedpathLenConstraintTest15",
            "pkits::06-VerifyingBasicConstraints::4.6.17-\
             Section6ValidSelfIssuedpathLenConstraintTest17",
            "pkits::13-NameConstraints::4.13.19-Section13ValidSelfIssuedDNnameConstraintsTest19",
        ],
        words: "with two CAs of one name on it",
        reason: "a self-issued CA on the path, which webpki does not follow (nor would it accept anything \
                 under the constraint on directory names of the third)",
    },
    Row {
        ids: &[
            "pkits::13-NameConstraints::4.13.1-Section13ValidDNnameConstraintsTest1",
            "pkits::13-NameConstraints::4.13.11-Section13ValidDNnameConstraintsTest11",
            "pkits::13-NameConstraints::4.13.14-Section13ValidDNnameConstraintsTest14",
            "pkits::13-NameConstraints::4.13.18-Section13ValidDNnameConstraintsTest18",
            "pkits::13-NameConstraints::4.13.27-Section13ValidDNandRFC822nameConstraintsTest27",
            "pkits::13-NameConstraints::4.13.4-Section13ValidDNnameConstraintsTest4",
            "pkits::13-NameConstraints::4.13.5-Section13ValidDNnameConstraintsTest5",
            "pkits::13-NameConstraints::4.13.6-Section13ValidDNnameConstraintsTest6",
        ],
        words: "a CA's name constraints do not permit",
        reason: "a constraint on directory names, under which webpki accepts nothing",
    },
    Row {
        ids: &[
            "pkits::13-NameConstraints::4.13.21-Section13ValidRFC822nameConstraintsTest21",
            "pkits::13-NameConstraints::4.13.23-Section13ValidRFC822nameConstraintsTest23",
            "pkits::13-NameConstraints::4.13.25-Section13ValidRFC822nameConstraintsTest25",
        ],
        words: "a CA's name constraints do not permit",
        reason: "a constraint on e-mail addresses, under which webpki accepts none",
    },
    Row {
        ids: &[
            "pkits::13-NameConstraints::4.13.34-Section13ValidURInameConstraintsTest34",
            "pkits::13-NameConstraints::4.13.36-Section13ValidURInameConstraintsTest36",
        ],
        words: "a CA's name constraints do not permit",
        reason: "a constraint on URIs, under which webpki accepts none",
    },
];

/// Cases that are accepted, as expected, and that rustls's own verifier rejects.
pub const BEYOND_RUSTLS: &[Row] = &[Row {
    ids: &["pkits::04-BasicCertificateRevocationTests::4.4.19-\
         Section4ValidSeparateCertificateandCRLKeysTest19"],
    words: "",
    reason: "the CA signs its lists with a key of their own, whose certificate is presented; webpki \
             knows the issuer's key alone",
}];
