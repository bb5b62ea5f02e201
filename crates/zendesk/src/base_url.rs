//! Where an account lives.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::{Host, Url};

/// The address of an account: scheme, host and port, no path. `https://acme.zendesk.com`, or
/// `http://127.0.0.1:4000` in development: plain http is accepted for loopback addresses only.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BaseUrl(Url);

/// Why a text is not the address of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Not a URL at all.
    #[error("not a URL")]
    NotAUrl,
    /// Neither https nor http to a loopback address.
    #[error("must be https (plain http is for loopback addresses only)")]
    Insecure,
    /// It has a user name, a path, a query or a fragment.
    #[error("must be scheme, host and port only")]
    NotBare,
    /// Not what Zendesk allows: letters, digits and hyphens, 1 to 63 of them.
    #[error("not a subdomain")]
    Subdomain,
}

impl BaseUrl {
    /// Reads an address. A slash at the end is accepted.
    pub fn parse(text: &str) -> Result<Self, BaseUrlError> {
        let url = Url::parse(text).map_err(|_| BaseUrlError::NotAUrl)?;
        if !is_secure_or_loopback(&url) {
            return Err(BaseUrlError::Insecure);
        }
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if bare { Ok(Self(url)) } else { Err(BaseUrlError::NotBare) }
    }

    /// `https://{subdomain}.zendesk.com`.
    pub fn for_subdomain(subdomain: &str) -> Result<Self, BaseUrlError> {
        if !is_subdomain(subdomain) {
            return Err(BaseUrlError::Subdomain);
        }
        Self::parse(&format!("https://{subdomain}.zendesk.com"))
    }

    /// The address without a slash at the end.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// The address with a path. `path` starts with a slash; its segments must already be safe to put in a URL.
    pub(crate) fn at(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(path);
        url
    }
}

/// What Zendesk calls a subdomain, in lower case.
pub(crate) fn is_subdomain(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// The rule for every outgoing request: https, or http that does not leave this machine.
pub(crate) fn is_secure_or_loopback(url: &Url) -> bool {
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Ipv4(ip))) => ip.is_loopback(),
        ("http", Some(Host::Ipv6(ip))) => ip.is_loopback(),
        // The transport resolves this name itself, to loopback addresses.
        ("http", Some(Host::Domain(name))) => name == "localhost",
        _ => false,
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;
    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        Self::parse(text)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({})", self.as_str())
    }
}

impl Serialize for BaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for BaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_and_loopback_are_accepted() {
        for (text, shown) in [
            ("https://acme.zendesk.com", "https://acme.zendesk.com"),
            ("https://acme.zendesk.com/", "https://acme.zendesk.com"),
            ("HTTPS://ACME.zendesk.com:443", "https://acme.zendesk.com"),
            ("http://127.0.0.1:4000", "http://127.0.0.1:4000"),
            ("http://127.8.8.8:4000", "http://127.8.8.8:4000"),
            ("http://[::1]:4000", "http://[::1]:4000"),
            ("http://localhost:4000", "http://localhost:4000"),
        ] {
            let url = BaseUrl::parse(text).unwrap();
            assert_eq!(url.to_string(), shown);
            let json = serde_json::to_string(&url).unwrap();
            assert_eq!(serde_json::from_str::<BaseUrl>(&json).unwrap(), url);
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "http://acme.zendesk.com",
            "http://10.0.0.1",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://[::2]",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
        ] {
            assert_eq!(BaseUrl::parse(text), Err(BaseUrlError::Insecure), "{text}");
        }
        for text in [
            "https://acme.zendesk.com/agent",
            "https://acme.zendesk.com/?a=b",
            "https://acme.zendesk.com/#a",
            "https://me@acme.zendesk.com",
            "https://:secret@acme.zendesk.com",
        ] {
            assert_eq!(BaseUrl::parse(text), Err(BaseUrlError::NotBare), "{text}");
        }
        assert_eq!(BaseUrl::parse("acme"), Err(BaseUrlError::NotAUrl));
    }

    #[test]
    fn a_subdomain_cannot_smuggle_another_host() {
        assert_eq!(BaseUrl::for_subdomain("acme-2").unwrap().as_str(), "https://acme-2.zendesk.com");
        for text in ["", "evil.com/", "evil.com#", "a.b", "a@b", "Acme", "-a", "a-", &"a".repeat(64)] {
            assert_eq!(BaseUrl::for_subdomain(text), Err(BaseUrlError::Subdomain), "{text}");
        }
    }
}
