//! Proxies that are trusted to say for whom they ask.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use hyper::HeaderMap;
use hyper::header::FORWARDED;
use ipnet::IpNet;

/// The header in which most proxies say it.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// A range of addresses: `10.0.0.0/8`, `2001:db8::/32`, `192.0.2.7`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressRange(IpNet);

/// A text that is not a range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write a range of addresses: `10.0.0.0/8`, `2001:db8::/32`, `192.0.2.7`")]
pub struct AddressRangeError;

impl FromStr for AddressRange {
    type Err = AddressRangeError;

    fn from_str(text: &str) -> Result<Self, AddressRangeError> {
        let range = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        range.map(Self).map_err(|_| AddressRangeError)
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl AddressRange {
    /// Returns whether an address is in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

/// The proxies that are trusted to say for whom they ask.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<AddressRange>);

impl FromIterator<AddressRange> for TrustedProxies {
    fn from_iter<I: IntoIterator<Item = AddressRange>>(ranges: I) -> Self {
        Self(ranges.into_iter().collect())
    }
}

impl TrustedProxies {
    /// Returns the address of the client: the peer itself, or where that is a trusted proxy, the last address that no trusted
    /// proxy has. Who is not trusted can write anything, so nothing before that address counts.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusts(peer) {
            return peer;
        }
        let mut client = peer;
        for hop in hops(headers).iter().rev() {
            match hop {
                Some(address) => client = *address,
                // What a trusted proxy could not name is as far as it is known.
                None => return client,
            }
            if !self.trusts(client) {
                return client;
            }
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|range| range.contains(address))
    }
}

/// Returns the addresses that proxies have added, the nearest one last. One that can't be read is `None`. Where both headers are
/// there, `X-Forwarded-For` counts: most proxies write that one, and pass on the other as it came.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let values = |name: &str| {
        let values: Vec<_> = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or("?")).collect();
        values.join(",")
    };
    let forwarded_for = values(FORWARDED_FOR);
    if !forwarded_for.is_empty() {
        return forwarded_for.split(',').map(address).collect();
    }
    let forwarded = values(FORWARDED.as_str());
    if forwarded.is_empty() {
        return Vec::new();
    }
    let node = |element: &str| {
        let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
        pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for")).and_then(|(_, node)| address(node))
    };
    forwarded.split(',').map(node).collect()
}

/// Parses an address as proxies write it, perhaps in quotes, in brackets, or with a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0.parse().ok(),
        None => text.rsplit_once(':')?.0.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_the_addresses_with_the_same_first_bits() {
        let table = [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.0.0.1", true),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.6", false),
        ];
        for (range, address, expected) in table {
            let parsed: AddressRange = range.parse().unwrap();
            assert_eq!(parsed.contains(address.parse().unwrap()), expected, "{range} {address}");
        }
        for text in ["", "10.0.0.0/33", "::/129", "10.0.0/8", "proxy", "10.0.0.0/"] {
            assert_eq!(text.parse::<AddressRange>(), Err(AddressRangeError), "{text}");
        }
    }

    #[test]
    fn m12_only_a_trusted_proxy_says_for_whom_it_asks() {
        let proxies: TrustedProxies = ["10.0.0.0/8", "::1"].map(|range| range.parse().unwrap()).into_iter().collect();
        let table = [
            ("203.0.113.9", vec![("x-forwarded-for", "198.51.100.1")], "203.0.113.9"),
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("10.0.0.1", vec![("x-forwarded-for", "198.51.100.1")], "198.51.100.1"),
            ("10.0.0.1", vec![("x-forwarded-for", "192.0.2.66, 198.51.100.1, 10.0.0.2")], "198.51.100.1"),
            ("10.0.0.1", vec![("x-forwarded-for", "192.0.2.66"), ("x-forwarded-for", "198.51.100.1")], "198.51.100.1"),
            ("10.0.0.1", vec![("x-forwarded-for", "198.51.100.1, unknown")], "10.0.0.1"),
            ("10.0.0.1", vec![("x-forwarded-for", "198.51.100.1:4711")], "198.51.100.1"),
            ("10.0.0.1", vec![("forwarded", "for=192.0.2.66, for=\"[2001:db8::7]:4711\";proto=https")], "2001:db8::7"),
            ("10.0.0.1", vec![("forwarded", "proto=https; For=198.51.100.1")], "198.51.100.1"),
            ("10.0.0.1", vec![("forwarded", "for=_hidden")], "10.0.0.1"),
            ("::1", vec![("forwarded", "for=192.0.2.66"), ("x-forwarded-for", "198.51.100.1")], "198.51.100.1"),
        ];
        for (peer, pairs, expected) in table {
            let headers: HeaderMap = pairs
                .iter()
                .map(|(name, value)| (name.parse::<hyper::header::HeaderName>().unwrap(), value.parse().unwrap()))
                .collect();
            assert_eq!(proxies.client(peer.parse().unwrap(), &headers).to_string(), expected, "{peer} {pairs:?}");
        }
    }
}
