//! The client against a server that answers what the tests want.

#[cfg(test)]
mod bodies;
#[cfg(test)]
mod every_call;
#[cfg(test)]
mod oauth;
#[cfg(test)]
mod signed_url;
#[cfg(test)]
mod support;
#[cfg(test)]
mod transport;
