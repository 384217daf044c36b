//! Who buys: a card put to the sale, and who it names.

use super::deed::{Answer, WriteKey};
use super::{Desk, Draft, TillError};
use tillside_core::{CardIdentity, Customer, Member, Points, SaleId};

impl Desk {
    /// Puts a card to the sale, in place of one that was there. A card this store does not know is
    /// put too: it earns by its identity, and HQ resolves it.
    ///
    /// # Errors
    /// If the sale is not open.
    pub fn put_customer(
        &mut self,
        key: &WriteKey,
        sale: SaleId,
        card: CardIdentity,
    ) -> Result<Answer, TillError> {
        self.change(key, sale, |_, draft| {
            draft.card = Some(card);
            draft.code = None;
            Ok(())
        })
    }

    /// Takes the card off the sale.
    ///
    /// # Errors
    /// If the sale is not open.
    pub fn remove_customer(&mut self, key: &WriteKey, sale: SaleId) -> Result<Answer, TillError> {
        self.change(key, sale, |_, draft| {
            draft.card = None;
            draft.code = None;
            Ok(())
        })
    }

    /// The member a card names, if this store knows it.
    ///
    /// # Errors
    /// If the store fails.
    pub fn member_of(&mut self, card: &CardIdentity) -> Result<Option<Member>, TillError> {
        Ok(self.store.member_by_card(card)?)
    }

    /// The customer of an open sale.
    pub(super) fn customer(&mut self, draft: &Draft) -> Result<Option<Customer>, TillError> {
        let Some(card) = &draft.card else {
            return Ok(draft.code.as_ref().map(|code| Customer {
                card: None,
                member: Some(code.member),
            }));
        };
        let member = self.member_of(card)?.map(|member| member.member);
        Ok(Some(Customer {
            card: Some(card.clone()),
            member,
        }))
    }
}

/// What the cashier reads when a card was shown.
pub fn card_words(member: Option<&Member>) -> String {
    match member {
        Some(member) => {
            let later = match member.pending {
                Points(0) => String::new(),
                pending => format!(" ({} more later)", pending.0),
            };
            let Member { display_name, tier, points, .. } = member;
            format!("{display_name}, {tier}, {points}{later}")
        }
        None => "This card is not known here. It earns points all the same, and HQ finds out whose it is.".to_owned(),
    }
}
