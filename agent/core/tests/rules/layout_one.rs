//! A document of layout 1 gives to the point, and in the same words, what it always gave.

use crate::strategies::{case, modest};
use crate::world::eur;
use proptest::prelude::*;
use tillside_core::engine::*;
use tillside_core::*;

proptest! {
    #![proptest_config(modest(200))]

    #[test]
    fn layout_one_gives_what_it_always_gave(case in case()) {
        let before = case.quote().unwrap();
        let json = serde_json::to_vec(&case.document).unwrap();
        let document = Document::read(&json).unwrap();
        let rules = Rules::compile(17, &document).unwrap();
        let lines = case.basket.lines.iter().zip(&before.lines);
        let lines: Vec<ContextLine<'_>> = lines
            .map(|(line, quoted)| ContextLine {
                line,
                brand: None,
                kind: LineKind::Goods,
                taken: quoted.discount.minor(),
                free: 0,
            })
            .collect();
        let member = case.customer.as_ref().and_then(|customer| customer.member);
        let member = member.and_then(|id| case.state.members.get(&id));
        let member = member.map(|member| MemberFacts {
            tier: Some(member.tier.clone()),
            ..MemberFacts::default()
        });
        let outcome = evaluate(&rules, &Context {
            currency: Currency::EUR,
            lines: &lines,
            customer: case.customer.is_some(),
            member: member.as_ref(),
            tenders: &[],
            redeemed: eur(0),
            promo_codes: &[],
            store: &StoreId::new("S1").unwrap(),
            lane: &LaneId::new("1").unwrap(),
            channel: Channel::Till,
            moment: LocalMoment { date: crate::fixtures::TODAY, minute: 0 },
            counters: &Counters::new(),
        }).unwrap();
        let awards = outcome.awards.into_iter().map(|award| {
            let Gift::Points(points) = award.gift else {
                panic!("layout 1 gives points only");
            };
            let [(funder, paid)] = &award.funders[..] else {
                panic!("layout 1 has one funder");
            };
            assert_eq!(*paid, points.0);
            Award {
                rule: award.rule,
                version: outcome.version,
                points,
                funder: funder.clone(),
                why: award.why,
            }
        });
        prop_assert_eq!(awards.collect::<Vec<_>>(), before.awards);
        prop_assert_eq!(outcome.discounts, Vec::new());
    }
}
