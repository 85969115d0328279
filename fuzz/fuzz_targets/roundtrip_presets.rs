//! Chains by every preset, within any budget, over headers that a client forged, there and back:
//! the same chain, or the leaf of a format that has no more, or an error; and no error without a
//! reason.
//!
//! The first octet of the input is the preset; then what happens to what is too long, two budgets,
//! the identity, and the relaxations; then a chain.

#![no_main]

use edge_mtls::{
    CertChain, CertForwarder, CertReceiver, Certificate, ChainLimits, ClaimedStatus,
    ClientIdentity, ForwardError, HeaderProfile, ReceiveError, Relaxation, TooLong,
};
use edge_mtls_fuzz::identities::{forwarded, identity};
use edge_mtls_fuzz::receiving::{RELAXATIONS, receive, relaxed};
use edge_mtls_fuzz::{assert_sendable, assert_visible, assert_visible_debug, choose, split};
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;

const OUTCOMES: [TooLong; 4] = [
    TooLong::LeaveChainOut,
    TooLong::LeaveValueOut,
    TooLong::Refuse,
    TooLong::SplitLines,
];

/// Of what such a client may send, none may arrive.
const FORGED: [(&str, &str); 6] = [
    ("client-cert", "forged"),
    ("client_cert", "forged"),
    ("connection", "client-cert"),
    ("ssl_client_cert_chain_7", "forged"),
    ("x-forwarded-client-cert", "forged"),
    ("x-ssl-client-verify", "SUCCESS"),
];

/// What a format carries of the others behind the leaf.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Carries {
    Chain,
    ChainIfUnverified,
    Leaf,
    /// And of an unverified client nothing.
    ChainIfVerified,
}

struct Case {
    preset: &'static str,
    profile: HeaderProfile,
    identity: ClientIdentity,
    /// What the headers should carry.
    sent: Option<CertChain>,
    outcome: TooLong,
    lines: Vec<(HeaderName, HeaderValue)>,
    /// Something was left out since it is too long.
    left_out: bool,
}

/// With room for an anchor.
const LIMITS: ChainLimits = ChainLimits::new(7, 64 * 1024);

fuzz_target!(|data: &[u8]| {
    let [
        preset,
        outcome,
        line_budget,
        total_budget,
        mode,
        relaxations,
        chain @ ..,
    ] = data
    else {
        return;
    };
    let presets: Vec<&str> = HeaderProfile::preset_names().collect();
    let preset = choose(*preset, &presets);
    let profile = HeaderProfile::preset(preset).expect("a preset");
    let Some(identity) = identity(*mode & 3, CertChain::from_der(split(chain))) else {
        return;
    };
    let with_anchor = mode & 4 != 0;
    let outcome = choose(*outcome, &OUTCOMES);
    let forwarder = CertForwarder::new(profile.clone()).when_too_long(outcome);
    let forwarder = match with_anchor {
        true => forwarder.with_anchor(),
        false => forwarder,
    };
    // 0 is for as long as it gets.
    let budget = |octet: u8| match usize::from(octet) {
        0 => usize::MAX,
        octet => octet * 32,
    };
    let budgets = (budget(*line_budget), budget(*total_budget));
    let encode = |(line, total)| {
        let forwarder = forwarder
            .clone()
            .max_line_bytes(line)
            .max_total_bytes(total);
        forwarder.encode(&identity)
    };
    let cert_headers = match encode(budgets) {
        Ok(cert_headers) => cert_headers,
        Err(error) => return check_refusal(preset, budgets, &error),
    };
    let lines: Vec<(HeaderName, HeaderValue)> = cert_headers
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    check_lines(&profile, budgets, &lines);

    let mut headers: HeaderMap = FORGED
        .into_iter()
        .map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        })
        .collect();
    cert_headers
        .apply(&mut headers)
        .expect("room for the headers");
    let arrived = headers.iter().map(|(name, _)| name);
    assert!(
        arrived
            .into_iter()
            .all(|name| lines.iter().any(|(own, _)| own == name))
    );
    assert_eq!(headers.len(), lines.len());

    let unlimited = encode((usize::MAX, usize::MAX)).expect("no limit");
    let is_flag = |name: &HeaderName| name.as_str().ends_with("-too-large");
    let left_out = lines
        .iter()
        .any(|(name, value)| is_flag(name) && value == "true")
        || outcome == TooLong::LeaveChainOut
            && !unlimited.iter().eq(lines
                .iter()
                .map(|(name, value)| (name, value)));
    let case = Case {
        preset,
        profile,
        sent: forwarded(&identity, with_anchor),
        identity,
        outcome,
        lines,
        left_out,
    };
    case.receive(&headers, *relaxations);
});

/// Nothing is refused but for its size, or what the format cannot hold.
fn check_refusal(preset: &str, (line, total): (usize, usize), error: &ForwardError) {
    assert_visible(error);
    assert_visible_debug(error);
    match error {
        ForwardError::LineTooLong { bytes, limit, .. } => {
            assert!(bytes > limit && *limit <= line);
        }
        ForwardError::TotalTooLong { bytes, limit } => assert!(bytes > limit && *limit == total),
        // What has no end of its own, and more names than fit.
        ForwardError::Unwritable { .. } => assert!(matches!(preset, "envoy" | "haproxy")),
        error => panic!("{error}"),
    }
}

fn check_lines(
    profile: &HeaderProfile,
    (line_budget, total_budget): (usize, usize),
    lines: &[(HeaderName, HeaderValue)],
) {
    let mut total = 0;
    for (name, value) in lines {
        let is_own = profile.header_names().any(|own| {
            own == name || own.as_str().ends_with('_') && name.as_str().starts_with(own.as_str())
        });
        assert!(is_own, "{name}");
        let value = assert_sendable(value);
        let size = format!("{name}: {value}").len();
        assert!(size <= line_budget);
        total += size;
    }
    assert!(total <= total_budget);
}

impl Case {
    fn receive(&self, headers: &HeaderMap, relaxations: u8) {
        let mut receiver = relaxed(CertReceiver::new(self.profile.clone()), relaxations);
        let expects_status = relaxations >> 6 & 1 == 1
            && self
                .profile
                .header_names()
                .any(|name| name == HeaderProfile::STATUS_HEADER);
        if expects_status {
            receiver = receiver.expect_status_header();
        }
        let allows = |relaxation| {
            RELAXATIONS
                .into_iter()
                .enumerate()
                .any(|(place, own)| own == relaxation && relaxations >> place & 1 == 1)
        };
        let received = match receive(&receiver, LIMITS, headers) {
            Ok(received) => received,
            Err(error) => return self.check_error(&error, allows(Relaxation::RepeatedLeaf)),
        };
        let Some(received) = received else {
            assert!(self.sent.is_none(), "{}", self.preset);
            return;
        };
        let sent = self.sent.as_ref().expect("a chain");
        let carries_leaf_alone = match carries(self.preset) {
            Carries::Leaf => true,
            Carries::ChainIfUnverified => self.is_verified(),
            Carries::Chain | Carries::ChainIfVerified => false,
        };
        // Said by the status or a flag; where a format has neither, the edge has chosen so.
        let says_so = expects_status || self.outcome != TooLong::LeaveChainOut;
        let lacks_chain = self.left_out && (!says_so || allows(Relaxation::LeftOutChain));
        let leaf = CertChain::from_der([sent.leaf_der()]);
        assert!(
            received.chain() == sent && !carries_leaf_alone
                || Some(received.chain()) == leaf.as_ref() && (carries_leaf_alone || lacks_chain),
            "{}: {received:?} of {sent:?}",
            self.preset
        );
        match received.claimed_status() {
            Some(ClaimedStatus::Verified) => assert!(self.is_verified()),
            Some(_) => assert!(!self.is_verified()),
            None => {}
        }
    }

    fn is_verified(&self) -> bool {
        self.identity.verified().is_some()
    }

    /// An error has a reason that the edge can know.
    fn check_error(&self, error: &ReceiveError, may_repeat: bool) {
        let fits = self.sent.as_ref().is_none_or(|sent| {
            let leaf_der = sent.leaf_der();
            let repeats = sent
                .certificates()
                .skip(1)
                .any(|der| der == leaf_der);
            sent.certificates()
                .all(|der| Certificate::from_der(der).is_ok())
                && (may_repeat || !repeats)
        });
        let carries_nothing =
            carries(self.preset) == Carries::ChainIfVerified && !self.is_verified();
        assert!(
            self.left_out || !fits || carries_nothing,
            "{}: {error}: {:?}",
            self.preset,
            self.lines
        );
    }
}

fn carries(preset: &str) -> Carries {
    match preset {
        "cloudfront" => Carries::ChainIfUnverified,
        "google-cloud" => Carries::ChainIfVerified,
        "apache"
        | "aws-alb-passthrough"
        | "cloudflare-rfc9440"
        | "envoy"
        | "haproxy"
        | "rfc9440"
        | "traefik" => Carries::Chain,
        _ => Carries::Leaf,
    }
}
