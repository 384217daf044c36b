//! Spreading an amount over lines, exactly.

/// Splits `amount` over lines in proportion to `weights`, by largest remainder: each share is
/// rounded down, and the units left over go one each to the lines that lost most by it, the earlier
/// first. The shares sum to `amount` and none exceeds its weight.
///
/// `amount` is 0 to the sum of the weights, and no weight is negative.
pub(crate) fn spread(amount: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i128 = weights.iter().copied().map(i128::from).sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    debug_assert!((0..=sum).contains(&i128::from(amount)));
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
