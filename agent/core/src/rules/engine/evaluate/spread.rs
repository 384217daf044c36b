//! Spreading an amount, exactly.

/// Splits `amount`, zero or more, in proportion to `weights`, none below zero, by largest remainder:
/// each share is rounded down, and the units left over go one each to those that lost most by it, the
/// earlier first. The shares sum to `amount`; none exceeds its weight if `amount` does not exceed
/// their sum. Without weights nothing is shared out.
pub(crate) fn spread(amount: i64, weights: &[i64]) -> Vec<i64> {
    let whole = whole(weights);
    let mut shares: Vec<i64> = floors(amount, weights, whole).collect();
    let left_over = if whole > 0 {
        amount - shares.iter().sum::<i64>()
    } else {
        0
    };
    raise(amount, weights, left_over, |index| shares[index] += 1);
    shares
}

/// As [`spread`], by name, without those that get nothing.
pub(super) fn spread_by<T: Clone>(amount: i64, names: &[T], weights: &[i64]) -> Vec<(T, i64)> {
    let whole = whole(weights);
    let mut shares: Vec<(T, i64)> = names
        .iter()
        .cloned()
        .zip(floors(amount, weights, whole))
        .collect();
    let given: i64 = shares.iter().map(|(_, share)| share).sum();
    let left_over = if whole > 0 { amount - given } else { 0 };
    raise(amount, weights, left_over, |index| shares[index].1 += 1);
    shares.retain(|(_, share)| *share > 0);
    shares
}

fn whole(weights: &[i64]) -> i128 {
    weights.iter().copied().map(i128::from).sum()
}

/// Each share, rounded down.
fn floors(amount: i64, weights: &[i64], whole: i128) -> impl Iterator<Item = i64> {
    weights.iter().map(move |weight| match whole {
        ..=0 => 0,
        _ => divided(i128::from(*weight) * i128::from(amount), whole).0,
    })
}

/// Says which shares are to be one more, until nothing is left over.
fn raise(amount: i64, weights: &[i64], left_over: i64, mut more: impl FnMut(usize)) {
    if left_over <= 0 {
        return;
    }
    let whole = whole(weights);
    let lost = |weight: &i64| divided(i128::from(*weight) * i128::from(amount), whole).1;
    let order = |(lost, index): &(i128, usize)| (std::cmp::Reverse(*lost), *index);
    let lost = weights.iter().map(lost).zip(0..);
    if left_over == 1 {
        return lost
            .min_by_key(order)
            .into_iter()
            .for_each(|(_, index)| more(index));
    }
    let mut lost: Vec<(i128, usize)> = lost.collect();
    lost.sort_by_key(order);
    for (_, index) in lost.into_iter().take(left_over as usize) {
        more(index);
    }
}

/// Quotient and remainder of what is not below zero by what is above. The quotient fits.
fn divided(product: i128, by: i128) -> (i64, i128) {
    // Small numbers, which are nearly all, are divided by one instruction.
    match (u64::try_from(product), u64::try_from(by)) {
        (Ok(product), Ok(by)) => ((product / by) as i64, i128::from(product % by)),
        _ => ((product / by) as i64, product % by),
    }
}
