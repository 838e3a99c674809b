//! Embeddings of users and films, whose products are ratings.

use horn::prelude::*;

pub fn run() -> horn::Result<()> {
    let users = vec![0, 0, 1, 2, 2, 3];
    let films = vec![1, 2, 1, 0, 2, 1];
    let ratings = vec![5.0, 3.0, 4.0, 1.0, 2.0, 5.0];

    let user = Input(()).dtype(InputDtype::Int32).name("user");
    let film = Input(()).dtype(InputDtype::Int32).name("film");
    let of_user = Embedding(4, 3).apply(&user)?;
    let of_film = Embedding(3, 3).apply(&film)?;
    let rating = Dot(1).apply((&of_user, &of_film))? + 3.0;
    let mut model = Model::new((&user, &film), &rating)?.compile(SGD::new(0.1), MeanSquaredError::new(), ())?;
    model.summary();
    let history = model.fit((&users, &films), &ratings, Fit::epochs(5).verbose(Verbose::Silent))?;
    assert!(history["loss"][4] < history["loss"][0]);
    Ok(())
}
