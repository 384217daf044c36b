//! Spreading an amount, exactly.

/// Splits `amount`, zero or more, in proportion to `weights`, none below zero, by largest remainder:
/// each share is rounded down, and the units left over go one each to those that lost most by it, the
/// earlier first. The shares sum to `amount`; none exceeds its weight if `amount` does not exceed
/// their sum. Without weights nothing is shared out.
pub(crate) fn spread(amount: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i128 = weights.iter().copied().map(i128::from).sum();
    if sum <= 0 {
        return vec![0; weights.len()];
    }
    let products = weights.iter().map(|w| i128::from(*w) * i128::from(amount));
    let (mut shares, remainders): (Vec<i64>, Vec<i128>) = products
        .map(|product| ((product / sum) as i64, product % sum))
        .unzip();
    let left_over = amount - shares.iter().sum::<i64>();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|index| (std::cmp::Reverse(remainders[*index]), *index));
    for index in order.into_iter().take(left_over as usize) {
        shares[index] += 1;
    }
    shares
}
