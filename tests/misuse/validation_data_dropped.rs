//! The samples of the validation last as long as the options.

use horn::prelude::*;

pub fn options(x: HostArray<'static>, y: HostArray<'static>) {
    let owned = vec![0.0_f32; 4];
    let borrowed = HostArray::new(owned.as_slice(), [4, 1]).unwrap();
    let options = Fit::epochs(2).validation_data(borrowed, y);
    drop((owned, x));
    let _ = options.batch_size(64);
}

fn main() {}
