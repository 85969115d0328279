//! From identities to the very header lines of the recordings.

use edge_mtls::{CertChain, CertForwarder, ClientAuthPolicy, ClientIdentity, Passthrough, TooLong};
use http::{HeaderName, HeaderValue};

use super::{Recording, Samples, folder, samples};
use crate::support::pki::{Authority, at, policy};
use crate::{base64, identity_at};

/// 2027-06-01, when all certificates of the recordings were valid.
const THEN: u64 = 1_811_808_000;

/// What this crate sends in the place of something else that was recorded.
struct Difference {
    recordings: &'static [&'static str],
    header: &'static str,
    ours: &'static str,
    #[expect(dead_code, reason = "it is for the reader")]
    why: &'static str,
}

const DIFFERENCES: &[Difference] = &[
    Difference {
        recordings: &["haproxy.oddleaf.chain"],
        header: "x-ssl-client-dn",
        ours: r#"/C=DE/O=M\C3\BCller, "S\C3\B6hne" \5C Co;=/OU=x=y/CN=al ice"#,
        why: "HAProxy writes raw octets; a header of this crate is visible ASCII",
    },
    Difference {
        recordings: &["haproxy.tls1_2.first", "haproxy.tls1_3.first"],
        header: "x-ssl-client-chain-der",
        ours: "int",
        why: "HAProxy sends what was presented, the leaf again; a verified identity sends its path",
    },
];

impl Samples {
    /// The identity that a server set up as the recorded proxy was would have.
    fn identity(&self, recording: &Recording) -> ClientIdentity {
        let chain = self.chain(recording.presented());
        let is_resumed = recording.client.ends_with(".resumed");
        let policy = match (recording.verdict(), &*recording.client, &*recording.proxy) {
            // After a resumption HAProxy knows the leaf alone: a path of the leaf, as if the
            // intermediate were the anchor.
            (Ok(()), _, _) if is_resumed => ClientAuthPolicy::required(self.policy("int")),
            (_, "none", "nginx-optional_no_ca") => ClientAuthPolicy::passthrough(),
            (_, "none", _) => ClientAuthPolicy::optional(self.policy("root")),
            (Ok(()), ..) => ClientAuthPolicy::required(self.policy("root")),
            // Neither nginx nor HAProxy enforced its verdict here.
            (Err(_), ..) => Passthrough::default()
                .advisory(policy(&[&Authority::root("another")]))
                .into(),
        };
        identity_at(policy, chain, at(THEN))
    }

    /// The lines that the profile of a recording makes of `identity`.
    fn forwarded(
        recording: &Recording,
        identity: &ClientIdentity,
    ) -> Vec<(HeaderName, HeaderValue)> {
        let forwarder = CertForwarder::new(recording.profile()).when_too_long(TooLong::Refuse);
        let forwarder = match &*recording.client {
            // HAProxy sends the root, too, if the client did.
            "leaf.fullchain" => forwarder.with_anchor(),
            _ => forwarder,
        };
        let headers = forwarder.encode(identity).unwrap();
        headers
            .iter()
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// The recorded lines with the names of the profile; a folded value on one line.
    fn expected(&self, recording: &Recording) -> Vec<(HeaderName, HeaderValue)> {
        let profile = recording.profile();
        let mut lines = recording.lines(false);
        // The client's own header, which nginx let through.
        lines.retain(|(name, value)| {
            profile
                .header_names()
                .any(|own| own == name)
                && value != "SPOOFED"
        });
        for difference in DIFFERENCES {
            if !difference
                .recordings
                .contains(&&*recording.name())
            {
                continue;
            }
            let (_, value) = lines
                .iter_mut()
                .find(|(name, _)| name == difference.header)
                .unwrap();
            let ours = match difference.ours {
                "int" => base64(&self.certs["int"]),
                text => text.to_owned(),
            };
            assert_ne!(value.as_bytes(), ours.as_bytes(), "no difference any more");
            *value = ours.parse().unwrap();
        }
        lines
    }
}

#[test]
fn an_edge_sends_the_very_same_lines() {
    let Some(folder) = folder() else { return };
    let samples = samples(&folder);
    for recording in &samples.recordings {
        let identity = samples.identity(recording);
        let is_verified = recording.verdict().is_ok() && recording.client != "none";
        assert_eq!(identity.verified().is_some(), is_verified);
        assert_eq!(
            Samples::forwarded(recording, &identity),
            samples.expected(recording),
            "{}",
            recording.name()
        );
    }
}

/// In passthrough nobody has judged: the same certificates and names, and never a good verdict.
#[test]
fn passthrough_sends_what_haproxy_does_but_for_the_verdict() {
    let Some(folder) = folder() else { return };
    let samples = samples(&folder);
    let mut checked = 0;
    for recording in &samples.recordings {
        if !recording.is_haproxy() || recording.client == "none" {
            continue;
        }
        let chain: Option<CertChain> = samples.chain(recording.presented());
        let identity = identity_at(ClientAuthPolicy::passthrough(), chain, at(THEN));
        let mut expected = recording.lines(true);
        expected.retain(|(name, _)| {
            let names = recording.profile();
            names
                .header_names()
                .any(|own| own == name)
        });
        for (name, value) in &mut expected {
            match name.as_str() {
                "x-ssl-client-verify" => *value = HeaderValue::from_static("50"),
                "x-ssl-client-dn" if recording.client == "oddleaf.chain" => {
                    *value = HeaderValue::from_static(DIFFERENCES[0].ours);
                }
                _ => {}
            }
        }
        assert_eq!(
            Samples::forwarded(recording, &identity),
            expected,
            "{}",
            recording.name()
        );
        checked += 1;
    }
    assert_eq!(checked, 9);
}
