//! Expressions in CEL that are wrong: refused, with their place and what to do.

use crate::cel::said;

#[test]
fn what_is_wrong_is_refused_with_its_place() {
    let long = format!("hour == 1{}", " ".repeat(500));
    let wide = ["hour>1"; 43].join("||");
    let flat = "1".to_owned() + &" + hour".repeat(30) + " > 1";
    let deep = format!("{}hour == 1{}", "(".repeat(7), ")".repeat(7));
    let list = format!("hour in [{}]", vec!["1"; 51].join(","));
    let lists = ["'a'in basket.categories"; 20].join("||");
    let place = "rule a, rules[0].when.cel: ";
    let cases = [
        ("", "an expression has 1 to 500 characters, not 0"),
        (&long, "an expression has 1 to 500 characters, not 509"),
        ("hour ==", "it cannot be read at character 8: "),
        ("hour = 1", "it cannot be read at character 6: "),
        ("hour == 1 hour", "it cannot be read at character 11: "),
        ("\n\nhour == 'a", "it cannot be read at character 11: "),
        ("'", "it cannot be read at character 1: "),
        (&wide, "it has more than 128 parts"),
        (&flat, "it nests deeper than 24"),
        (&deep, "its brackets nest deeper than 6"),
        (&list, "the list at character 9 has 51 values: give 1 to 50"),
        ("hour in []", "the list at character 9 has 0 values"),
        (
            &lists,
            "it could take 10079 steps in a large basket, more than 10000",
        ),
        (
            "basket.amout > 1",
            "there is no basket.amout (character 7): the names are basket.amount, ",
        ),
        ("tier == 'gold'", "there is no tier (character 1)"),
        (".hour == 1", "there is no .hour"),
        (
            "basket.amount.minor > 1",
            "a field of a field cannot be used",
        ),
        (
            "size(basket.categories) > 1",
            "a function cannot be used (character 5): use comparisons",
        ),
        (
            "basket.categories.all(c, c == 'a')",
            "a function cannot be used (character 22)",
        ),
        (
            "has(member.tier)",
            "a function cannot be used (character 4)",
        ),
        (
            "member.tier.matches('a.*')",
            "a function cannot be used (character 20)",
        ),
        (
            "basket.amount > 1.5",
            "a fraction cannot be used (character 17): write a whole number, amounts in minor units",
        ),
        ("basket.amount > 1u", "an unsigned number cannot be used"),
        (
            "member.tier == null",
            "null cannot be used (character 16): ask member.known instead",
        ),
        ("store == b'S1'", "bytes cannot be used"),
        ("{'a': 1}.a == hour", "a map cannot be used (character 1)"),
        ("basket.categories[0] == 'a'", "this cannot be used"),
        ("hour == 1 // late", "a comment cannot be used"),
        (
            "store == 'S\\u0031'",
            "a backslash or control character cannot be used (character 12)",
        ),
        (
            "basket.categories == ['a']",
            "a list cannot be used (character 7): ask with in",
        ),
        (
            "['a'] == ['a']",
            "a list cannot be used (character 1): put it after in",
        ),
        (
            "hour == '1'",
            "a text stands at character 9 where a number must be",
        ),
        (
            "lane == 1",
            "a number stands at character 9 where a text must be",
        ),
        (
            "store < 'S2'",
            "a text stands at character 1 where a number must be",
        ),
        (
            "hour && true",
            "a number stands at character 1 where true or false must be",
        ),
        (
            "!hour",
            "a number stands at character 2 where true or false must be",
        ),
        (
            "hour + true > 1",
            "true or false stands at character 8 where a number must be",
        ),
        (
            "(hour > 1 ? 1 : 'a') == 1",
            "a text stands at character 17 where a number must be",
        ),
        (
            "hour",
            "a number stands at character 1 where true or false must be",
        ),
        (
            "basket.categories",
            "a list stands at character 7 where true or false must be",
        ),
        (
            "hour in basket.categories",
            "a number stands at character 1 where a text must be",
        ),
        (
            "'a' in store",
            "a text stands at character 8 where a list must be",
        ),
        (
            "hour in [1, 'a']",
            "a text stands at character 13 where a number must be",
        ),
        (
            "weekday == 'Monday'",
            "weekday is never \"Monday\" (character 12): it is monday, tuesday",
        ),
        (
            "'tills' != channel",
            "channel is never \"tills\" (character 1)",
        ),
        (
            "weekday in ['monday', 'tusday']",
            "weekday is never \"tusday\" (character 23)",
        ),
        ("1 < 2", "it names nothing and so is always the same"),
        (
            "hour < 99999999999999999999",
            "it cannot be read at character ",
        ),
    ];
    for (source, words) in cases {
        let said = said(source);
        assert!(
            said.strip_prefix(place)
                .is_some_and(|rest| rest.starts_with(words)),
            "{source:?}: {said}"
        );
    }
}
