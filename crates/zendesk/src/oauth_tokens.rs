//! What Zendesk knows about the access token in use: `/api/v2/oauth/tokens`.

use http::Method;
use jiff::Timestamp;
use serde::Deserialize;

use crate::client::{Call, Client};
use crate::{Error, Resource, Verb};

/// An access token, without its secret.
#[derive(Debug, Clone, Deserialize)]
pub struct TokenInfo {
    /// Id.
    pub id: i64,
    /// Whose it is.
    #[serde(default)]
    pub user_id: Option<i64>,
    /// The OAuth client that it was given to (its number, not its identifier).
    #[serde(default)]
    pub client_id: Option<i64>,
    /// `read`, `write`, …
    #[serde(default, deserialize_with = "crate::de::null_as_default")]
    pub scopes: Vec<String>,
    /// When it stops working.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// Calls about tokens.
#[derive(Debug, Clone, Copy)]
pub struct OauthTokens<'a>(&'a Client);

impl Client {
    /// Calls about the token that this client carries.
    pub fn oauth_tokens(&self) -> OauthTokens<'_> {
        OauthTokens(self)
    }
}

impl OauthTokens<'_> {
    /// The token in use.
    pub async fn current(&self) -> Result<TokenInfo, Error> {
        #[derive(Deserialize)]
        struct One {
            token: TokenInfo,
        }
        let call = Call::get(Resource::OauthTokens, "/api/v2/oauth/tokens/current");
        Ok(self.0.fetch::<One>(call).await?.token)
    }

    /// Revokes the token in use. A token that does not work any more is [`Error::Unauthorized`].
    pub async fn revoke_current(&self) -> Result<(), Error> {
        let route = "/api/v2/oauth/tokens/current";
        self.0.send(Call::new(Resource::OauthTokens, Verb::Delete, Method::DELETE, route)).await?;
        Ok(())
    }

    /// Revokes another token of the same user.
    pub async fn revoke(&self, id: i64) -> Result<(), Error> {
        let route = "/api/v2/oauth/tokens/{id}";
        self.0.send(Call::new(Resource::OauthTokens, Verb::Delete, Method::DELETE, route).arg(id)).await?;
        Ok(())
    }
}
